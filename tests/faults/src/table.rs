//! The rows of the table, and its format.

mod exec;
mod python;

use std::time::Duration;

use crate::fixture::{Exit, can_choose_pids};
use crate::host::{Setting, has_namespaces};
use crate::row::{Cleanups, Fault, Outcome, Plugin, Promise, Row, State};

const PARENT: &[&str] = &["--ppid", "PARENT"];
const LEASE: &[&str] = &["--lease-fd", "0"];
const BOTH: &[&str] = &["--ppid", "PARENT", "--lease-fd", "0"];

/// The faults that most states are tested with.
const FAULTS: [(Fault, &str); 2] =
    [(Fault::HostKilled, "host killed"), (Fault::Terminated, "SIGTERM")];

/// The limit if nothing hangs.
const AT_ONCE: Duration = Duration::from_millis(50);
/// The limit if a run cooperates, or a library is loading.
const SOON: Duration = Duration::from_millis(250);
/// The limit if anything hangs.
const AT_MOST: Duration = Duration::from_millis(1_800);

const fn clean(within: Duration) -> Promise {
    Promise { end: Exit::Code(0), or: None, within, cleanups: Cleanups::Exactly(1) }
}

const fn abandoned() -> Promise {
    Promise { end: Exit::Code(4), or: None, within: AT_MOST, cleanups: Cleanups::Any }
}

const fn crash(signal: i32) -> Promise {
    Promise { end: Exit::Signal(signal), or: None, within: AT_MOST, cleanups: Cleanups::Any }
}

fn row(name: &str, state: State, fault: Fault, promise: Promise) -> Row {
    let class = if state == State::Loads { "SlowToLoad" } else { "Conformance" };
    Row {
        name: name.to_owned(),
        plugin: Plugin::Conformance(class),
        setting: Setting::Pipes,
        options: PARENT,
        state,
        fault,
        promise,
        output: &[],
    }
}

/// All rows, in order.
pub(crate) fn rows() -> Vec<Row> {
    let parts = [
        idle_rows(),
        start_rows(),
        output_rows(),
        busy_rows(),
        thread_rows(),
        stop_rows(),
        drain_rows(),
        crash_rows(),
        exec::rows(),
        python::rows(),
    ];
    parts.into_iter().flatten().collect()
}

/// An idle worker whose host ends.
fn idle_rows() -> Vec<Row> {
    let idle = |name, fault| row(name, State::Idle, fault, clean(AT_ONCE));
    let killed = |name, options| Row { options, ..idle(name, Fault::HostKilled) };
    let mut rows = vec![
        killed("host killed, idle", PARENT),
        killed("host killed, idle, with a lease only", LEASE),
        killed("host killed, idle, with both", BOTH),
        idle("host killed, but not reaped", Fault::HostNotReaped),
        idle("host stopped, then killed", Fault::HostStoppedAndKilled),
        idle("worker stopped, host killed, worker continued", Fault::StoppedWhileHostIsKilled),
    ];
    if can_choose_pids() {
        let name = "worker stopped, host killed and its pid reused, worker continued";
        rows.push(idle(name, Fault::HostReplaced));
    }
    rows
}

/// A worker that cannot watch its host, and the end of a lease.
fn start_rows() -> Vec<Row> {
    // The worker has no instance yet.
    let at_start = Promise { cleanups: Cleanups::Exactly(0), ..clean(SOON) };
    let mut rows = vec![Row {
        options: &["--ppid", "DEAD"],
        ..row("started after the host has ended", State::Starts, Fault::Nothing, at_start)
    }];
    if has_namespaces() {
        let refused = Promise { end: Exit::Code(2), ..at_start };
        let name = "started by a host in another pid namespace";
        rows.push(Row {
            setting: Setting::OtherNamespace,
            ..row(name, State::Starts, Fault::Nothing, refused)
        });
    }
    rows.push(Row {
        options: LEASE,
        ..row("lease closed by a running host", State::Idle, Fault::LeaseClosed, clean(AT_ONCE))
    });
    rows
}

/// Other settings of the worker's stdout and stderr, and of its start.
fn output_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (fault, name) in FAULTS {
        for (what, setting) in [
            ("log to a file", Setting::ToFile),
            ("log to a full pipe that is not read", Setting::FullPipe),
            ("announcement to a full pipe that is not read", Setting::FullStdout),
            ("log to a closed pipe", Setting::ClosedPipes),
            ("log to a full disk", Setting::FullDisk),
            ("worker started by a thread that has ended", Setting::EndedThread),
        ] {
            // The worker waits a moment for room for its last line.
            let promise = clean(if setting == Setting::FullPipe { SOON } else { AT_ONCE });
            let name = format!("{name}, {what}");
            rows.push(Row { setting, ..row(&name, State::Idle, fault, promise) });
        }
    }
    rows
}

/// A worker that is busy, or has processes, or lacks resources.
fn busy_rows() -> Vec<Row> {
    let loading = Promise { cleanups: Cleanups::Any, ..clean(SOON) };
    // The plugin cannot open the log of its cleanups.
    let no_files = Promise { cleanups: Cleanups::Any, ..clean(SOON) };
    let all_files_taken = Promise { within: AT_MOST, ..no_files };
    let states = [
        ("while a run cooperates", State::RunCooperates, clean(SOON)),
        ("while a run hangs", State::RunHangs, abandoned()),
        ("while a run uses the CPU", State::RunUsesCpu, abandoned()),
        ("while a stream waits for its reader", State::StreamsToStalledReader, clean(SOON)),
        ("with a cleanup that hangs", State::CleanupHangs, abandoned()),
        ("while the plugin loads", State::Loads, loading),
        ("with children and daemons, some ignoring SIGTERM", State::HasChildren, clean(AT_MOST)),
        ("with the same children while a run hangs", State::RunHangsWithChildren, abandoned()),
        ("with a daemon that keeps starting others", State::HasSpawner, clean(AT_MOST)),
        ("with children that fork and exit at once", State::HasForkingChildren, clean(AT_MOST)),
        ("with an exit handler that hangs", State::HasExitHandler, clean(AT_ONCE)),
        ("without free file descriptors", State::OutOfFiles, no_files),
        (
            "with children, when the plugin has taken all file descriptors",
            State::TakesFilesAndHasChildren,
            all_files_taken,
        ),
    ];
    let mut rows = Vec::new();
    for (fault, name) in FAULTS {
        for (what, state, promise) in states {
            rows.push(row(&format!("{name} {what}"), state, fault, promise));
        }
    }
    rows
}

/// A worker that cannot start threads, which takes another user.
fn thread_rows() -> Vec<Row> {
    if !rustix::process::geteuid().is_root() {
        return Vec::new();
    }
    let row = |(fault, name)| {
        // The worker has no instance.
        let promise = Promise { cleanups: Cleanups::Exactly(0), ..clean(SOON) };
        let name = format!("{name} without free threads (RLIMIT_NPROC)");
        let options = &["--ppid", "PARENT", "--announce-file", "ANNOUNCEMENT"];
        let row = row(&name, State::OutOfThreads, fault, promise);
        Row { setting: Setting::OrdinaryUser, options, ..row }
    };
    FAULTS.map(row).into()
}

/// Other ways to stop a worker.
fn stop_rows() -> Vec<Row> {
    let second = |name, state| {
        let promise = Promise { within: AT_ONCE, ..abandoned() };
        row(name, state, Fault::TerminatedAndInterrupted, promise)
    };
    vec![
        Row {
            options: LEASE,
            ..row("lease closed while a run hangs", State::RunHangs, Fault::HostKilled, abandoned())
        },
        row("SIGTERM, idle", State::Idle, Fault::Terminated, clean(AT_ONCE)),
        second("SIGTERM and SIGINT while a run hangs", State::RunHangs),
        second(
            "SIGTERM and SIGINT while a run hangs, with children and daemons",
            State::RunHangsWithChildren,
        ),
    ]
}

/// A drain in which a run hangs.
fn drain_rows() -> Vec<Row> {
    let long = &["--ppid", "PARENT", "--drain-timeout", "60"];
    let short = &["--ppid", "PARENT", "--drain-timeout", "0.2"];
    let hangs = |name, options, fault, promise| Row {
        options,
        ..row(name, State::RunHangs, fault, promise)
    };
    let later = Promise { within: AT_MOST + Duration::from_millis(200), ..abandoned() };
    let at_once = Promise { within: AT_ONCE, ..abandoned() };
    vec![
        hangs("host killed while a run hangs, drain of 60 s", long, Fault::HostKilled, abandoned()),
        hangs("SIGTERM while a run hangs, drain of 0.2 s", short, Fault::Terminated, later),
        hangs(
            "SIGTERM and SIGINT while a run hangs, drain of 60 s",
            long,
            Fault::TerminatedAndInterrupted,
            at_once,
        ),
    ]
}

/// A plugin that crashes the worker.
fn crash_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, op, raised, signal) in [
        ("the plugin aborts", "abort", 0, 6),
        ("the plugin writes to an invalid address", "segfault", 0, 11),
        ("the plugin overflows its stack", "overflow_stack", 0, 11),
        ("the plugin raises SIGBUS", "raise", 7, 7),
        ("the plugin raises SIGILL", "raise", 4, 4),
        ("the plugin raises SIGFPE", "raise", 8, 8),
        ("the plugin raises SIGKILL", "raise", 9, 9),
    ] {
        rows.push(row(name, State::Idle, Fault::Crash(op, raised), crash(signal)));
    }
    let signals = [(6, "SIGABRT"), (11, "SIGSEGV"), (7, "SIGBUS"), (4, "SIGILL"), (8, "SIGFPE")];
    for (signal, name) in signals {
        for (what, fault) in [
            ("initialize", Fault::CrashInInitialize(signal)),
            ("cleanup", Fault::CrashInCleanup(signal)),
        ] {
            let name = format!("the plugin's {what} raises {name}");
            rows.push(row(&name, State::Idle, fault, crash(signal)));
        }
    }
    rows
}

/// The header of the table.
pub(crate) fn header() -> String {
    "| fault | as promised | median | maximum | processes left |\n|---|---|---|---|---|".to_owned()
}

/// A line of the table, and the first broken promise.
pub(crate) fn line(row: &Row, outcomes: &[Outcome]) -> (String, Option<String>) {
    let Row { name, promise, .. } = row;
    let broken: Vec<_> = outcomes.iter().filter(|outcome| !promise.is_kept(outcome)).collect();
    let mut took: Vec<Duration> = outcomes.iter().map(|outcome| outcome.took).collect();
    took.sort_unstable();
    let (all, kept) = (outcomes.len(), outcomes.len() - broken.len());
    let median = took.get(all / 2).copied().unwrap_or_default();
    let maximum = took.last().copied().unwrap_or_default();
    let left: usize = outcomes.iter().map(|outcome| outcome.left).sum();
    let end = match promise.or {
        None => promise.end.to_string(),
        Some(or) => format!("{} or {or}", promise.end),
    };
    let limit = match promise.within {
        Duration::MAX => String::new(),
        within => format!(" within {}", format_duration(within)),
    };
    let line = format!(
        "| {name} | {kept} of {all}: {end}{limit} | {} | {} | {left} |",
        format_duration(median),
        format_duration(maximum)
    );
    let failure = broken.first().map(|outcome| {
        let Outcome { took, end, cleanups, left, flaw } = outcome;
        format!(
            "{name}: {end} after {}, {cleanups} cleanups, {left} processes left {}",
            format_duration(*took),
            flaw.as_deref().unwrap_or_default()
        )
    });
    (line, failure)
}

impl Promise {
    fn is_kept(&self, outcome: &Outcome) -> bool {
        (outcome.end == self.end || Some(outcome.end) == self.or)
            && outcome.took <= self.within
            && outcome.left == 0
            && outcome.flaw.is_none()
            && match self.cleanups {
                Cleanups::Any => true,
                Cleanups::Exactly(number) => outcome.cleanups == number,
                Cleanups::AtMost(number) => outcome.cleanups <= number,
            }
    }
}

fn format_duration(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}
