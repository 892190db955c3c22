//! Ends the process if its orderly stop does not.
//!
//! The stop is bounded by itself. This thread is for a second signal, and for what nobody has
//! thought of, such as a main thread that hangs where it never should.
//! It exists from the start and waits for nothing longer than a moment.

use std::time::{Duration, Instant};

use universal_worker_crash::activity;
use universal_worker_logging as logging;
use universal_worker_process::{Queue, descendants, exit, fd, stderr, thread};

use crate::error::Error;

/// The exit code of a worker that has abandoned something.
pub(crate) const ABANDONED: u8 = 4;

/// Starts the countdown to a forced exit; there is no way back.
#[derive(Debug, Clone)]
pub(crate) struct ForceExit(Queue<Order>);

#[derive(Debug)]
enum Order {
    Start,
    PluginDone,
    /// Because of this signal.
    Now(&'static str),
}

const LAST_LINE: &[u8] = b"stopped: the stop itself did not finish; what runs is abandoned\n";

impl ForceExit {
    /// Prepares a countdown of `limit`.
    pub(crate) fn new(limit: Duration) -> Result<Self, Error> {
        let orders = Queue::unbounded();
        let received = orders.clone();
        thread::spawn("force-exit", "the forced exit", move || follow(&received, limit))?;
        Ok(Self(orders))
    }

    /// Starts the countdown, unless it has started.
    pub(crate) fn start(&self) {
        self.order(Order::Start);
    }

    /// Nothing of the plugin is left that could be abandoned.
    pub(crate) fn plugin_done(&self) {
        self.order(Order::PluginDone);
    }

    /// Ends the process now.
    pub(crate) fn now(&self, signal: &'static str) {
        self.order(Order::Now(signal));
    }

    fn order(&self, order: Order) {
        // The queue has no limit.
        let _ = self.0.push(order);
    }
}

fn follow(orders: &Queue<Order>, limit: Duration) {
    fd::unshare_table();
    let mut deadline: Option<Instant> = None;
    let mut plugin_done = false;
    loop {
        let order = match deadline {
            None => Some(orders.pop()),
            Some(deadline) => {
                orders.pop_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        };
        match order {
            Some(Order::Start) => {
                deadline.get_or_insert_with(|| Instant::now() + limit);
            }
            Some(Order::PluginDone) => plugin_done = true,
            Some(Order::Now(signal)) => exit_now(signal, plugin_done),
            None => {
                stderr::try_write(LAST_LINE);
                let _ = descendants::kill_here();
                exit::now(ABANDONED);
            }
        }
    }
}

fn exit_now(signal: &'static str, plugin_done: bool) -> ! {
    // Logged before the kill: the main thread may end the process once nothing is left.
    log::warn!("{signal}: second signal, everything left is killed");
    let survivors = descendants::kill_here();
    let of_plugin = (!plugin_done).then(|| match activity::running() {
        running if running.is_empty() => "the rest of the stop".to_owned(),
        running => running.join(" "),
    });
    let abandoned: Vec<String> = of_plugin.into_iter().chain(survivors).collect();
    let line = format!("stopped: second signal, {signal}, before the stop was done");
    if abandoned.is_empty() {
        logging::write_last(log::Level::Info, &line);
        exit::now(0)
    }
    let line = format!("{line}; abandoned: {}", abandoned.join("; "));
    logging::write_last(log::Level::Error, &line);
    // What still runs may have started more.
    let _ = descendants::kill_here();
    exit::now(ABANDONED)
}
