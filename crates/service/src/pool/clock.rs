//! The thread that knows when a deadline has passed, or a grace is over.
//!
//! It needs no asynchronous runtime and no client: a run whose client left is still kept to its
//! deadline.
//! There is none before the first run.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::runs::hub::Hub;
use crate::runs::hub::State;

/// What the thread waits for.
#[derive(Debug, Default)]
pub(super) enum Clock {
    /// It is not there yet.
    #[default]
    Unborn,
    /// Until this moment, or for ever.
    Waits(Option<Instant>),
}

impl Clock {
    /// Starts the thread, where there is none.
    pub(super) fn start(hub: &Arc<Hub>, state: &mut State) -> io::Result<()> {
        if let Self::Unborn = state.clock {
            let hub = Arc::clone(hub);
            let builder = thread::Builder::new().name("run-clock".to_owned());
            builder.spawn(move || keep_time(&hub))?;
            // It looks before it waits.
            state.clock = Self::Waits(state.engine.due());
        }
        Ok(())
    }

    /// Whether the clock is to be woken: something falls due before it would wake by itself.
    pub(super) fn is_to_wake(state: &State) -> bool {
        let Some(due) = state.engine.due() else { return false };
        match state.clock {
            Self::Unborn => false,
            Self::Waits(until) => until.is_none_or(|until| due < until),
        }
    }
}

fn keep_time(hub: &Arc<Hub>) {
    let mut state = hub.locked();
    while !state.closed {
        let now = Instant::now();
        let due = state.engine.due();
        if due.is_some_and(|due| due <= now) {
            let effects = state.engine.tick(now);
            hub.wake(state);
            hub.carry_out(effects);
            state = hub.locked();
            continue;
        }
        state.clock = Clock::Waits(due);
        state = hub.wait_for_alarm(state, due.map(|due| due.saturating_duration_since(now)));
    }
}
