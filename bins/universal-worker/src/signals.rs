//! Signals: the first one stops, the second one ends.

use std::io;

use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

use crate::event::Reason;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::imp;
use crate::threads;

/// Reports signals from now on.
pub(crate) fn watch(reporter: Reporter) -> Result<(), Failure> {
    let watching = watching(reporter)
        .map_err(|error| Failure::defect(format!("cannot watch for signals: {error}")))?;
    threads::spawn("signals", "the signals", watching)
}

fn watching(reporter: Reporter) -> io::Result<impl FnOnce() + Send + 'static> {
    let mut numbers = vec![SIGTERM, SIGINT];
    // Who started us with SIGHUP ignored (nohup) wants us to stay.
    if !imp::is_ignored(SIGHUP) {
        numbers.push(SIGHUP);
    }
    let mut signals = Signals::new(numbers)?;
    Ok(move || {
        let mut came = signals.forever();
        let Some(first) = came.next() else { return };
        reporter.stop(Reason::Signal(name(first)));
        if let Some(second) = came.next() {
            reporter.end_at_once(name(second));
        }
    })
}

fn name(signal: i32) -> &'static str {
    match signal {
        SIGTERM => "SIGTERM",
        SIGINT => "SIGINT",
        _ => "SIGHUP",
    }
}
