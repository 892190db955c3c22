//! The stop, whatever its reason: bounded in time, whatever hangs.

use std::time::Duration;
use std::time::Instant;

use universal_worker_service::Stopped;
use universal_worker_service::WorkerService;

use crate::announce;
use crate::descendants;
use crate::event::Event;
use crate::event::Reason;
use crate::event::Reporter;
use crate::failure::Abandoned;
use crate::failure::Outcome;
use crate::io::Io;
use crate::mailbox::Mailbox;

/// Of the grace, what runs and the cleanup do not get: it is for what follows them.
const FOR_THE_REST: Duration = Duration::from_millis(450);

/// For the answers of the runs that were just cancelled to be written.
const LAST_ANSWERS: Duration = Duration::from_millis(120);

/// Of the grace, what is kept for the last lines of the log, and for what is started meanwhile.
const LAST_LINES: Duration = Duration::from_millis(170);

pub(crate) fn run(
    reason: Reason,
    service: &WorkerService,
    io: Io,
    reporter: &Reporter,
    happened: &Mailbox<Event>,
    grace: Duration,
) -> Outcome {
    log::info!("stopping: {reason}");
    announce::notify("STOPPING=1");
    let begun = Instant::now();
    let stopped = service.stop(for_the_plugin(grace));
    io.end();
    let deadline = Instant::now() + LAST_ANSWERS;
    let left = || deadline.saturating_duration_since(Instant::now());
    while let Some(event) = happened.take_within(left()) {
        if matches!(event, Event::IoEnded) {
            break;
        }
    }
    ended(reason, left_of(stopped), reporter, begun, grace)
}

/// As [`run`], where nothing is served yet; an instance that is being made is waited for, so that it
/// can be cleaned up.
pub(crate) fn while_loading(
    reason: Reason,
    makes_instance: bool,
    reporter: &Reporter,
    happened: &Mailbox<Event>,
    grace: Duration,
) -> Outcome {
    let begun = Instant::now();
    let limit = for_the_plugin(grace);
    let mut abandoned = makes_instance.then(|| "the initialize of the plugin".to_owned());
    while abandoned.is_some() {
        match happened.take_within(limit.saturating_sub(begun.elapsed())) {
            Some(Event::Loaded(Ok(service))) => {
                abandoned = left_of(service.stop(limit.saturating_sub(begun.elapsed())));
                break;
            }
            Some(Event::Loaded(Err(_))) => abandoned = None,
            Some(_) => {}
            None => break,
        }
    }
    ended(reason, abandoned, reporter, begun, grace)
}

/// The part of the grace that runs and the cleanup get.
fn for_the_plugin(grace: Duration) -> Duration {
    grace - FOR_THE_REST.min(grace / 2)
}

fn left_of(stopped: Stopped) -> Option<String> {
    match stopped {
        Stopped::Clean => None,
        Stopped::Abandoned(what) => Some(what),
    }
}

/// Ends the descendants in the time that is left.
fn ended(
    reason: Reason,
    abandoned: Option<String>,
    reporter: &Reporter,
    begun: Instant,
    grace: Duration,
) -> Outcome {
    if abandoned.is_none() {
        reporter.plugin_is_done();
    }
    let left = descendants::end(grace.saturating_sub(begun.elapsed() + LAST_LINES));
    let what: Vec<String> = abandoned.into_iter().chain(left).collect();
    let after = begun.elapsed();
    let abandoned = (!what.is_empty()).then(|| Abandoned { what: what.join("; "), after });
    Outcome::Stopped { reason, abandoned }
}
