//! The engine, driven as its threads drive it, and compared with the model after every event.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use universal_worker_abi::{ClassInfo, Fault, FaultKind, RunContext};

use crate::engine::admission::{Admission, AdmissionError};
use crate::engine::cancel::CancelTarget;
use crate::engine::effects::Effects;
use crate::engine::inspect::Readiness;
use crate::engine::kept::KeptBounds;
use crate::engine::work::{LanePermit, LifecyclePermit, Work};
use crate::engine::{Bounds, Engine};
use crate::run::Run;
use crate::run::cancel::CancelReason;
use crate::run::error::{IdHolder, RunError};
use crate::run::failure::Failure;
use crate::run::id::EntryKey;
use crate::run::kept::KeptReply;
use crate::run::options::RunOptions;
use crate::run::output::{Operation, Outcome, Output};
use crate::run::snapshot::{CancelPhase, RunState};
use crate::run::timestamp::Timestamp;
use crate::tests::engine::kept::{answer, cancelled, keep};
use crate::tests::engine::model::{Event, FirstReply, How, Item, Model, ModelRun, PluginEnd};

pub(super) struct Subject {
    pub(super) engine: Engine<Item>,
    started_at: Instant,
    now: Instant,
    pub(super) runs: Vec<(Arc<Run>, EntryKey, Option<FirstReply>)>,
    permits: HashMap<usize, LanePermit>,
    lifecycles: Vec<EntryKey>,
    lifecycle_permit: Option<LifecyclePermit>,
    started: HashSet<usize>,
    /// Jobs that were dropped.
    dropped: Vec<Item>,
    /// Runs that were reported as wedged.
    wedged: Vec<EntryKey>,
    /// Each result as it was when it was first seen.
    pub(super) results: HashMap<usize, Arc<KeptReply>>,
    /// The model before the next event.
    before: Model,
}

impl Subject {
    fn submit(&mut self, model: &Model, id: u8, timeout: Option<u64>, how: How) {
        let deadline = timeout.map(|timeout| self.now + Duration::from_millis(timeout));
        let keep = keep(how);
        let options = RunOptions { deadline, has_chosen_id: true, keep, ..RunOptions::default() };
        let run = Run::new(
            id.to_string(),
            options,
            Timestamp::now(),
            0,
            Output::answer(Operation::Execute).0,
        );
        let run = Arc::new(run);
        let job = Item::Run(self.runs.len());
        let counts = self.engine.counts();
        let admitted = match how {
            How::Put(_) => self.engine.admit_once(&run, job, self.now),
            How::Plain | How::Post(_) => self.engine.admit(&run, job, self.now).map(Admission::New),
        };
        match admitted {
            Ok(Admission::New(key)) => self.runs.push((run, key, None)),
            Ok(Admission::Known(snapshot)) => self.check_known(model, id, how, &snapshot),
            Err(error) => {
                assert!(!run.is_cancelled());
                assert_eq!(counts, self.engine.counts());
                if let How::Put(body) = how
                    && let Some(known) = model.find_same(id, body)
                {
                    assert_eq!(error, AdmissionError::IdTaken(known.expect_err("it is found")));
                }
                match error {
                    AdmissionError::Draining => assert!(model.draining),
                    AdmissionError::IdTaken(holder) if let How::Put(body) = how => {
                        assert_eq!(model.find_same(id, body), Some(Err(holder)));
                    }
                    AdmissionError::IdTaken(holder) => {
                        let live = model.live(id).expect("it has the id");
                        let has_ended = model.runs[live].state.is_final();
                        assert_eq!(holder, IdHolder::of_live(has_ended));
                    }
                    AdmissionError::Wedged => assert!(model.is_wedged()),
                    AdmissionError::QueueFull { waiting, .. } => {
                        assert_eq!(waiting, model.queued());
                    }
                }
            }
        }
    }

    /// Takes the next work; `expected` is the head of the model's queue.
    fn take(&mut self, expected: Item) {
        match self.engine.take_next(self.now).expect("the model has an entry that can start") {
            Work::Run(permit, run, job) => {
                assert_eq!(job, expected);
                let Item::Run(place) = job else { panic!("a run's job is a run") };
                assert!(Arc::ptr_eq(&run, &self.runs[place].0));
                assert!(self.started.insert(place), "a run starts once");
                self.permits.insert(place, permit);
            }
            Work::Lifecycle(permit, job) => {
                assert_eq!(job, expected);
                self.lifecycle_permit = Some(permit);
            }
        }
    }

    fn complete(&mut self, place: usize, end: PluginEnd) {
        let (outcome, reply) = match end {
            PluginEnd::Answers { bytes } => (answer(place, bytes), FirstReply::Answer),
            PluginEnd::Fails => (fault(FaultKind::Failed), FirstReply::Failure),
            PluginEnd::Panics => (fault(FaultKind::Panicked), FirstReply::Failure),
        };
        let permit = self.permits.remove(&place).expect("it holds a lane");
        let completion = self.engine.complete(permit, &outcome, self.now).expect("it holds a lane");
        if !completion.had_timed_out {
            let reason = completion.snapshot.reason;
            let reply = reason.map_or(reply, FirstReply::Cancelled);
            self.runs[place].2.get_or_insert(reply);
            self.runs[place].0.close(reason.map_or(outcome, cancelled), None);
        }
    }

    fn carry_out(&mut self, effects: Effects<Item>) {
        for (snapshot, reason) in effects.replies {
            let known = self.runs.iter_mut().find(|(_, key, _)| *key == snapshot.key);
            known.expect("it was admitted").2.get_or_insert(FirstReply::Cancelled(reason));
            snapshot.run.close(cancelled(reason), None);
        }
        self.dropped.extend(effects.dropped);
        self.wedged.extend(effects.wedged.iter().map(|snapshot| snapshot.key));
    }

    fn enqueue(&mut self, entered: Result<EntryKey, Item>, before: &Model) {
        match entered {
            Ok(key) => self.lifecycles.push(key),
            Err(_) => assert!(before.draining),
        }
    }

    fn apply_event(&mut self, before: &Model, event: Event) {
        match event {
            Event::Submit { id, timeout, how } => self.submit(before, id, timeout, how),
            Event::Delete { id } => {
                assert_eq!(self.engine.delete_result(&id.to_string()), before.deletion(id));
            }
            Event::Read { id } => {
                if let Some(run) = before.results.entry(&before.runs, id) {
                    self.runs[run].0.kept().expect("it is kept").mark_read();
                }
            }
            Event::StreamTakes { bytes } => self.take_room(bytes),
            Event::StreamGivesBack { bytes } => self.engine.give_back_room(bytes),
            Event::TakeNext => self.take(before.queue_items[0]),
            Event::Return { run, end } => self.complete(run, end),
            Event::CancelId { id } => {
                let (target, effects) = self.engine.cancel_id(&id.to_string(), self.now);
                let expected = match before.find(id) {
                    None => CancelTarget::Unknown,
                    Some(run) if before.runs[run].state.is_final() => CancelTarget::Ended,
                    Some(run) => CancelTarget::Live(self.runs[run].1),
                };
                assert_eq!(target, expected);
                self.carry_out(effects);
            }
            Event::CancelAll => {
                let effects = self.engine.cancel_all(CancelReason::Cancel, self.now);
                self.carry_out(effects);
            }
            Event::CleanUp => {
                let effects = self.engine.cancel_all(CancelReason::Cancel, self.now);
                let job = Item::Lifecycle(self.lifecycles.len());
                let entered = self.engine.enqueue_lifecycle(job, self.now);
                self.enqueue(entered, before);
                self.carry_out(effects);
            }
            Event::Disconnect { run } => {
                let key = self.runs[run].1;
                let effects = self.engine.cancel(key, CancelReason::ClientGone, self.now);
                self.carry_out(effects);
            }
            Event::Lifecycle => {
                let job = Item::Lifecycle(self.lifecycles.len());
                let entered = self.engine.enqueue_lifecycle(job, self.now);
                self.enqueue(entered, before);
            }
            Event::WithdrawLifecycle { lifecycle } => {
                let waits = before.queue_items.contains(&Item::Lifecycle(lifecycle));
                let withdrawn = self.engine.withdraw_lifecycle(self.lifecycles[lifecycle]);
                assert_eq!(withdrawn, waits.then_some(Item::Lifecycle(lifecycle)));
            }
            Event::LifecycleDone => {
                let lifecycle_permit =
                    self.lifecycle_permit.take().expect("a lifecycle change is under way");
                self.engine.complete_lifecycle(lifecycle_permit, self.now);
            }
            Event::TimePasses { by } => self.now += Duration::from_millis(by),
            Event::Close => self.engine.close(),
            Event::Shutdown => {
                self.dropped.extend(self.engine.drain());
                let effects = self.engine.cancel_all(CancelReason::Shutdown, self.now);
                let cleanup = Item::Lifecycle(self.lifecycles.len());
                self.lifecycles.push(self.engine.enqueue_final(cleanup, self.now));
                self.carry_out(effects);
            }
        }
        // Like the clock's thread, not before the engine is due.
        if self.engine.due().is_some_and(|due| due <= self.now) {
            let effects = self.engine.tick(self.now);
            self.carry_out(effects);
        }
    }

    fn check_run(&self, place: usize, model: &ModelRun, is_kept: bool) {
        let (run, key, reply) = &self.runs[place];
        assert_eq!(run.is_cancelled(), model.cancel.is_some(), "a cancel reaches only its run");
        assert_eq!(*reply, model.reply, "a client gets one reply");
        let wedged = self.wedged.iter().filter(|its| *its == key).count();
        assert_eq!(wedged, usize::from(model.wedged), "a run becomes wedged once");
        let snapshots = self.engine.snapshots();
        let snapshot = snapshots.iter().find(|snapshot| snapshot.key == *key);
        assert_eq!(snapshot.is_some(), is_kept || model.on_lane || !model.state.is_final());
        let Some(snapshot) = snapshot else { return };
        assert_eq!(snapshot.state, model.state);
        assert_eq!(snapshot.busy_since().is_some(), model.on_lane);
        assert_eq!(snapshot.ended_at.is_some(), model.state.is_final());
        let reason = model.cancel.filter(|_| snapshot.state != RunState::Failed);
        assert_eq!(snapshot.reason, reason.map(|(reason, _)| reason));
        let phase = match snapshot.phase {
            None => (false, false),
            Some(CancelPhase::CancelRequested) => (true, false),
            Some(CancelPhase::Wedged { .. }) => (true, true),
        };
        let is_cancelling = model.on_lane && model.cancel.is_some();
        assert_eq!(phase, (is_cancelling, is_cancelling && model.wedged));
    }
}

impl StateMachineTest for Subject {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(model: &Model) -> Self {
        let started_at = Instant::now();
        let bounds = Bounds {
            lanes: model.lanes,
            queue: model.queue,
            cancel_grace: Duration::from_millis(model.grace),
            history: model.history,
            kept: KeptBounds {
                room: model.results.room,
                ttl: Duration::from_millis(model.results.ttl),
                tombstones: model.results.tombstones,
            },
        };
        Self {
            engine: Engine::new(bounds),
            started_at,
            now: started_at,
            runs: Vec::new(),
            permits: HashMap::new(),
            lifecycles: Vec::new(),
            lifecycle_permit: None,
            started: HashSet::new(),
            dropped: Vec::new(),
            wedged: Vec::new(),
            results: HashMap::new(),
            before: model.clone(),
        }
    }

    fn apply(mut subject: Self, after: &Model, event: Event) -> Self {
        let before = std::mem::replace(&mut subject.before, after.clone());
        subject.apply_event(&before, event);
        subject.record_results();
        subject
    }

    fn check_invariants(subject: &Self, model: &Model) {
        assert_eq!(subject.started_at + Duration::from_millis(model.now), subject.now);
        assert_eq!(subject.runs.len(), model.runs.len(), "both admit the same runs");
        assert_eq!(subject.engine.has_next(), model.may_take(), "no wake-up is lost");
        assert_eq!(subject.engine.has_drained(), model.has_drained());
        let counts = subject.engine.counts();
        let taken = model.on_lanes().count();
        assert!(taken <= model.lanes);
        let at_work = subject.engine.at_work();
        assert_eq!(at_work, taken + usize::from(model.in_lifecycle.is_some()));
        let usable = subject.engine.usable_threads();
        assert!(usable <= model.lanes, "no thread without a lane");
        assert!(!model.may_take() || at_work < usable, "a thread for what can start");
        assert_eq!(counts.queued as usize, model.queued());
        assert_eq!((counts.lanes_held as usize, counts.wedged as usize), (taken, model.wedged()));
        let (readiness, blocking) = subject.engine.readiness(subject.now);
        assert_eq!(readiness, model.readiness());
        assert_eq!(
            blocking.is_empty(),
            match readiness {
                Readiness::Ready => true,
                Readiness::Wedged => false,
                // The runs that hold a lane.
                Readiness::Busy | Readiness::Initialising | Readiness::Draining => taken == 0,
                Readiness::Unhealthy | Readiness::Pressure => false,
            }
        );
        let total = counts.finished + counts.failed + counts.cancelled + counts.timed_out;
        let ended = model.runs.iter().filter(|run| run.state.is_final()).count();
        assert_eq!(total as usize, ended, "every run ends exactly once");
        for (place, run) in model.runs.iter().enumerate() {
            subject.check_run(place, run, model.kept.contains(&place));
            subject.check_result(place, run);
        }
        subject.check_ids(model);
    }

    fn teardown(mut subject: Self, mut model: Model) {
        // Once every plugin call has returned, every run has ended and nothing is left.
        let mut apply = |event: Event| {
            let before = model.clone();
            model = Model::apply(before.clone(), &event);
            subject.apply_event(&before, event);
            subject.record_results();
            Self::check_invariants(&subject, &model);
            model.clone()
        };
        let mut now = apply(Event::Shutdown);
        while now.may_take() || now.in_lifecycle.is_some() || now.on_lanes().next().is_some() {
            let run = now.on_lanes().next();
            now = match run {
                Some(run) => apply(Event::Return { run, end: PluginEnd::Answers { bytes: 0 } }),
                None if now.in_lifecycle.is_some() => apply(Event::LifecycleDone),
                None => apply(Event::TakeNext),
            };
        }
        assert!(now.queue_items.is_empty());
        assert!(now.runs.iter().all(|run| run.state.is_final() && run.reply.is_some()));
        let dropped = |run: usize| subject.dropped.contains(&Item::Run(run));
        assert!((0..now.runs.len()).all(|run| dropped(run) != subject.started.contains(&run)));
    }
}

fn fault(kind: FaultKind) -> Outcome {
    Err(Failure::new(RunError::Fault(Fault::new(kind, "it fails")), &class_info()))
}

pub(super) fn class_info() -> ClassInfo {
    let info = r#"{"class":"C","name":"c","version":"1","config_schema":{},"args_schema":{},"output_schema":{}}"#;
    serde_json::from_str(info).expect("all required members are there")
}
