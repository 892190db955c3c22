//! The end of all descendants, step by step.

use std::collections::BTreeSet;
use std::process;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use universal_worker_telemetry::{Visit, visit_descendants};

use crate::descendants::live_process::LiveProcess;
use crate::descendants::{KILL_TIME, children};

/// Maximum number of processes to wait for at once: each needs a file descriptor, and the end of
/// any of them triggers another scan.
const MAX_WAITED: usize = 4;

/// Maximum number of surviving processes to name.
const MAX_NAMED: usize = 20;

/// Ends all descendants of this process: with SIGTERM first, and then with SIGKILL.
///
/// For a caller that reaps its children and waits for their ends itself; [`terminate`](super::terminate)
/// does all of it.
#[derive(Debug)]
pub struct Termination {
    /// The time from which SIGKILL replaces SIGTERM.
    patient_until: Instant,
    deadline: Instant,
    /// Whether SIGKILL has replaced SIGTERM.
    kills: bool,
    // No hash sets: their keys are random, and the system may refuse to make them.
    terminated: BTreeSet<i32>,
    killed: BTreeSet<i32>,
    living: Vec<LiveProcess>,
}

impl Termination {
    /// Begins now; `patience` is the time after which SIGKILL replaces SIGTERM.
    #[must_use]
    pub fn new(limit: Duration, patience: Duration) -> Self {
        let now = Instant::now();
        let (terminated, killed) = (BTreeSet::new(), BTreeSet::new());
        let (patient_until, deadline) = (now + patience, now + limit);
        let (kills, living) = (false, Vec::new());
        Self { patient_until, deadline, kills, terminated, killed, living }
    }

    /// Replaces SIGTERM by SIGKILL from now on, and waits `limit` for its effect at most.
    pub fn hurry(&mut self, limit: Duration) {
        let now = Instant::now();
        self.patient_until = now;
        self.deadline = self.deadline.min(now + limit);
    }

    /// Sends the signal to each descendant that has not had it; returns whether it is time to wait for
    /// the ends of those that were found.
    ///
    /// It is not if one of them is new, as it may have started another one, and if none was found, as
    /// processes may be too short-lived for that.
    ///
    /// `any` returns whether there are children after those that have ended were reaped. It is called
    /// where no procfs lists the descendants, and searching for them takes long.
    pub fn signal(&mut self, any: &mut dyn FnMut() -> bool) -> bool {
        let now = Instant::now();
        if now >= self.patient_until && !self.kills {
            self.kills = true;
            // On a busy machine, this process may have waited for a processor until now.
            self.deadline = self.deadline.max(now + KILL_TIME);
        }
        let (kills, terminated, killed) = (self.kills, &mut self.terminated, &mut self.killed);
        // A scan of many processes takes a long time.
        let until = if kills { self.deadline } else { self.patient_until };
        let mut is_any_new = false;
        self.living = scan(until, any, |one| {
            let signaled = if kills { &mut *killed } else { &mut *terminated };
            let is_new = signaled.insert(one.number());
            is_any_new |= is_new;
            if kills {
                one.signal(Signal::KILL);
                // Its children become children of this process, unless the signal failed.
                return if is_new { Visit::Skip } else { Visit::Descend };
            }
            if is_new {
                one.signal(Signal::TERM);
            }
            Visit::Descend
        });
        !is_any_new && !self.living.is_empty()
    }

    /// The time until SIGKILL is due, and after that until it is [over](Self::is_over).
    #[must_use]
    pub fn until_next(&self) -> Duration {
        let next = if self.kills { self.deadline } else { self.patient_until };
        next.saturating_duration_since(Instant::now())
    }

    /// Whether SIGKILL had its time, and there is no more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.kills && self.until_next().is_zero()
    }

    /// The processes that got SIGKILL, for a message: `4711 4712`; `None` if there are none.
    #[must_use]
    pub fn killed(&self) -> Option<String> {
        (!self.killed.is_empty()).then(|| name_pids(self.killed.iter().copied()))
    }

    /// The processes that the last step has found, for a message: `: 4711 4712`.
    #[must_use]
    pub fn survivors(&self) -> String {
        if self.living.is_empty() {
            let why = ", which cannot be found, or start others faster than they can be ended";
            return why.to_owned();
        }
        format!(": {}", name_pids(self.living.iter().map(LiveProcess::number)))
    }

    pub(super) fn living(&self) -> &[LiveProcess] {
        &self.living
    }
}

/// Names processes for a message; if there are many, some of them.
fn name_pids(pids: impl Iterator<Item = i32>) -> String {
    let pids: Vec<String> = pids.map(|pid| pid.to_string()).collect();
    let (named, more) = pids.split_at(pids.len().min(MAX_NAMED));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    format!("{}{more}", named.join(" "))
}

/// Visits each live descendant as soon as it is found, so that a process has little time to start
/// others; returns all of them.
fn scan(
    until: Instant,
    any: &mut dyn FnMut() -> bool,
    mut visit: impl FnMut(&LiveProcess) -> Visit,
) -> Vec<LiveProcess> {
    let mut known = BTreeSet::from([process::id()]);
    let mut living: Vec<LiveProcess> = Vec::new();
    let mut add = |living: &mut Vec<LiveProcess>, mut one: LiveProcess| {
        let next = visit(&one);
        if living.len() >= MAX_WAITED {
            one.handle = None;
        }
        living.push(one);
        next
    };
    let is_over = || Instant::now() >= until;
    let listed = visit_descendants(process::id(), is_over, |pid| {
        let Some(one) = LiveProcess::open(pid, &known) else { return Visit::Skip };
        known.insert(pid);
        add(&mut living, one)
    });
    if listed.is_err() {
        // Those found so far are visited twice at most. Descendants become children when their
        // parents are killed.
        living.clear();
        children::visit(
            || is_over() || !any(),
            |child| {
                add(&mut living, child);
            },
        );
    }
    living
}
