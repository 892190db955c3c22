//! Ends the process when its stop does not, or is not to be waited for.
//!
//! The stop is bounded by itself; this is for a second signal, and for what nobody thought of, such
//! as a main thread that is held up where it never should be.
//! So it is a thread that is there from the start, and waits for nobody longer than a moment.

use std::time::Duration;
use std::time::Instant;

use crate::descendants;
use crate::failure::Abandoned;
use crate::failure::Failure;
use crate::imp;
use crate::last_words;
use crate::logging;
use crate::mailbox::Mailbox;
use crate::threads;

/// The right to start the countdown; it has no way back.
#[derive(Debug, Clone)]
pub(crate) struct LastResort(Mailbox<Order>);

#[derive(Debug)]
enum Order {
    Start,
    PluginIsDone,
    /// By this signal.
    EndAtOnce(&'static str),
}

const LAST_LINE: &[u8] =
    b"stopped: the stop itself did not come to its end; what runs is abandoned\n";

impl LastResort {
    /// Makes ready for a countdown of `limit`.
    pub(crate) fn after(limit: Duration) -> Result<Self, Failure> {
        let orders = Mailbox::new();
        let ordered = orders.clone();
        threads::spawn("last-resort", "the last resort", move || follow(&ordered, limit))?;
        Ok(Self(orders))
    }

    /// Starts the countdown, where it has not been started.
    pub(crate) fn start(&self) {
        self.tell(Order::Start);
    }

    /// Of the plugin there is nothing left to be abandoned.
    pub(crate) fn plugin_is_done(&self) {
        self.tell(Order::PluginIsDone);
    }

    /// Ends the process now.
    pub(crate) fn end_at_once(&self, signal: &'static str) {
        self.tell(Order::EndAtOnce(signal));
    }

    fn tell(&self, order: Order) {
        // There is room for any number.
        let _ = self.0.put(order);
    }
}

fn follow(orders: &Mailbox<Order>, limit: Duration) {
    imp::take_own_files();
    let mut deadline: Option<Instant> = None;
    let mut plugin_is_done = false;
    loop {
        let order = match deadline {
            None => Some(orders.take()),
            Some(deadline) => {
                orders.take_within(deadline.saturating_duration_since(Instant::now()))
            }
        };
        match order {
            Some(Order::Start) => {
                deadline.get_or_insert_with(|| Instant::now() + limit);
            }
            Some(Order::PluginIsDone) => plugin_is_done = true,
            Some(Order::EndAtOnce(signal)) => end_at_once(signal, plugin_is_done),
            None => {
                imp::write_if_possible(LAST_LINE);
                descendants::kill_from_here();
                imp::exit_now(Abandoned::CODE);
            }
        }
    }
}

fn end_at_once(signal: &'static str, plugin_is_done: bool) -> ! {
    // First, since the main thread may come to its end as soon as nothing is left.
    log::warn!("{signal}: a second signal, what is left is killed");
    let left = descendants::kill_from_here();
    let of_plugin = (!plugin_is_done).then(|| match last_words::running() {
        running if running.is_empty() => "what was left to do".to_owned(),
        running => running.join(" "),
    });
    let abandoned: Vec<String> = of_plugin.into_iter().chain(left).collect();
    let line = format!("stopped: a second signal, {signal}, before the stop was done");
    if abandoned.is_empty() {
        logging::last_record(log::Level::Info, &line);
        imp::exit_now(0)
    }
    let line = format!("{line}; abandoned: {}", abandoned.join("; "));
    logging::last_record(log::Level::Error, &line);
    // What runs may have started more.
    descendants::kill_from_here();
    imp::exit_now(Abandoned::CODE)
}
