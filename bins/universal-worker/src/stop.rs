//! The stop, whatever its reason: bounded in time, whatever hangs.

use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;

use universal_worker_service::Stopped;
use universal_worker_service::WorkerService;

use crate::event::Event;
use crate::event::Reason;
use crate::failure::Abandoned;
use crate::failure::Outcome;
use crate::io::Io;

/// Of the grace, what is kept for the last answers and the last lines of the log.
const FOR_THE_LAST: Duration = Duration::from_millis(250);

/// For the answers of the runs that were just cancelled to be written.
const LAST_ANSWERS: Duration = Duration::from_millis(120);

pub(crate) fn run(
    reason: Reason,
    service: &WorkerService,
    io: Io,
    happened: &Receiver<Event>,
    grace: Duration,
) -> Outcome {
    log::info!("stopping: {reason}");
    let begun = Instant::now();
    let stopped = service.stop(grace - FOR_THE_LAST.min(grace / 2));
    let after = begun.elapsed();
    io.end();
    let deadline = Instant::now() + LAST_ANSWERS;
    while let Ok(event) = happened.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        if matches!(event, Event::IoEnded) {
            break;
        }
    }
    let abandoned = match stopped {
        Stopped::Clean => None,
        Stopped::Abandoned(what) => Some(Abandoned { what, after }),
    };
    Outcome::Stopped { reason, abandoned }
}
