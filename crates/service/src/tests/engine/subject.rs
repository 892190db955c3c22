//! The engine as the threads would use it, held against the model after every event.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use proptest_state_machine::ReferenceStateMachine;
use proptest_state_machine::StateMachineTest;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::RunContext;

use crate::runs::cancel::Reason;
use crate::runs::engine::AllLanes;
use crate::runs::engine::Bounds;
use crate::runs::engine::Effects;
use crate::runs::engine::Engine;
use crate::runs::engine::Found;
use crate::runs::engine::Key;
use crate::runs::engine::LanePermit;
use crate::runs::engine::Phase;
use crate::runs::engine::Readiness;
use crate::runs::engine::Refused;
use crate::runs::engine::Returned;
use crate::runs::engine::State;
use crate::runs::engine::Work;
use crate::runs::engine::tests::model::Happening;
use crate::runs::engine::tests::model::How;
use crate::runs::engine::tests::model::Item;
use crate::runs::engine::tests::model::Model;
use crate::runs::engine::tests::model::ModelRun;
use crate::runs::engine::tests::model::ToldOf;
use crate::runs::error::RunError;
use crate::runs::job_error::JobError;
use crate::runs::moment::Moment;
use crate::runs::output::Output;
use crate::runs::run::OnLeave;
use crate::runs::run::Run;
use crate::runs::run::Terms;

pub(super) struct Subject {
    engine: Engine<Item>,
    begun: Instant,
    now: Instant,
    runs: Vec<(Arc<Run>, Key, Option<ToldOf>)>,
    permits: HashMap<usize, LanePermit>,
    changes: Vec<Key>,
    all_lanes: Option<AllLanes>,
    started: HashSet<usize>,
    /// What was dropped without being done.
    dropped: Vec<Item>,
    /// What was told to be wedged.
    wedged: Vec<Key>,
    /// The model before the next event.
    before: Model,
}

impl Subject {
    fn submit(&mut self, model: &Model, id: u8, timeout: Option<u64>) {
        let deadline = timeout.map(|timeout| self.now + Duration::from_millis(timeout));
        let terms = Terms { deadline, on_leave: OnLeave::Cancel };
        let run = Run::new(id.to_string(), terms, Moment::now(), 0, Output::answer().0);
        let run = Arc::new(run);
        let job = Item::Run(self.runs.len());
        let counts = self.engine.counts();
        match self.engine.admit(&run, job, self.now) {
            Ok(key) => self.runs.push((run, key, None)),
            Err(refused) => {
                assert!(!run.is_cancelled());
                assert_eq!(counts, self.engine.counts());
                match refused {
                    Refused::Draining => assert!(model.draining),
                    Refused::IdTaken { is_over } => {
                        let live = model.live(id).expect("it has the id");
                        assert_eq!(is_over, model.runs[live].state.is_final());
                    }
                    Refused::QueueFull { waiting, .. } => assert_eq!(waiting, model.queued()),
                }
            }
        }
    }

    /// A thread takes what is next; `expected` is the head of the model's line.
    fn take(&mut self, expected: Item) {
        match self.engine.take_next(self.now).expect("the model says that something may be taken") {
            Work::Run(permit, run, job) => {
                assert_eq!(job, expected);
                let Item::Run(place) = job else { panic!("a run's job is a run") };
                assert!(Arc::ptr_eq(&run, &self.runs[place].0));
                assert!(self.started.insert(place), "a run starts once");
                self.permits.insert(place, permit);
            }
            Work::Change(all, job) => {
                assert_eq!(job, expected);
                self.all_lanes = Some(all);
            }
        }
    }

    fn come_back(&mut self, place: usize, how: How) {
        let error = JobError::of(&RunError::Lost, &class_info(), SystemTime::UNIX_EPOCH);
        let error = Arc::new(error);
        let (returned, told) = match how {
            How::Answers => (Returned::Answered, ToldOf::Answer),
            How::Fails => (Returned::Failed(error), ToldOf::Failure),
            How::Panics => (Returned::Panicked(error), ToldOf::Failure),
        };
        let permit = self.permits.remove(&place).expect("it has a lane");
        let back = self.engine.come_back(permit, returned, self.now).expect("its lane is held");
        if !back.was_over {
            let told = back.view.reason.map_or(told, ToldOf::Stop);
            self.runs[place].2.get_or_insert(told);
        }
    }

    fn carry_out(&mut self, effects: Effects<Item>) {
        for (view, reason) in effects.settled {
            let known = self.runs.iter_mut().find(|(_, key, _)| *key == view.key);
            known.expect("it was admitted").2.get_or_insert(ToldOf::Stop(reason));
        }
        self.dropped.extend(effects.dropped);
        self.wedged.extend(effects.wedged.iter().map(|view| view.key));
    }

    fn enqueue(&mut self, entered: Result<Key, Item>, before: &Model) {
        match entered {
            Ok(key) => self.changes.push(key),
            Err(_) => assert!(before.draining),
        }
    }

    fn happen(&mut self, before: &Model, happening: Happening) {
        match happening {
            Happening::Submit { id, timeout } => self.submit(before, id, timeout),
            Happening::Take => self.take(before.line[0]),
            Happening::Return { run, how } => self.come_back(run, how),
            Happening::CancelId { id } => {
                let (found, effects) = self.engine.cancel(&id.to_string(), self.now);
                let expected = match before.find(id) {
                    None => Found::Unknown,
                    Some(run) if before.runs[run].state.is_final() => Found::Ended,
                    Some(run) => Found::Live(self.runs[run].1),
                };
                assert_eq!(found, expected);
                self.carry_out(effects);
            }
            Happening::CancelAll => {
                let effects = self.engine.stop_all(Reason::Cancel, self.now);
                self.carry_out(effects);
            }
            Happening::CleanUp => {
                let effects = self.engine.stop_all(Reason::Cancel, self.now);
                let entered = self.engine.enqueue_change(Item::Change(self.changes.len()));
                self.enqueue(entered, before);
                self.carry_out(effects);
            }
            Happening::Leave { run } => {
                let key = self.runs[run].1;
                let effects = self.engine.stop(key, Reason::ClientGone, self.now);
                self.carry_out(effects);
            }
            Happening::Change => {
                let entered = self.engine.enqueue_change(Item::Change(self.changes.len()));
                self.enqueue(entered, before);
            }
            Happening::WithdrawChange { change } => {
                let waits = before.line.contains(&Item::Change(change));
                let withdrawn = self.engine.withdraw_change(self.changes[change]);
                assert_eq!(withdrawn, waits.then_some(Item::Change(change)));
            }
            Happening::ChangeIsDone => {
                let all_lanes = self.all_lanes.take().expect("a change is under way");
                self.engine.change_done(all_lanes, self.now);
            }
            Happening::TimePasses { by } => self.now += Duration::from_millis(by),
            Happening::Shutdown => {
                self.dropped.extend(self.engine.drain());
                let effects = self.engine.stop_all(Reason::Shutdown, self.now);
                let release = Item::Change(self.changes.len());
                self.changes.push(self.engine.enqueue_last(release));
                self.carry_out(effects);
            }
        }
        // As the clock's thread does: not before the engine said that something falls due.
        if self.engine.due().is_some_and(|due| due <= self.now) {
            let effects = self.engine.tick(self.now);
            self.carry_out(effects);
        }
    }

    fn check_run(&self, place: usize, model: &ModelRun, is_kept: bool) {
        let (run, key, told) = &self.runs[place];
        assert_eq!(run.is_cancelled(), model.stop.is_some(), "a cancel reaches its run alone");
        assert_eq!(*told, model.told, "a client is told once, and the same");
        let wedged = self.wedged.iter().filter(|its| *its == key).count();
        assert_eq!(wedged, usize::from(model.wedged), "a run becomes wedged once");
        let views = self.engine.views();
        let view = views.iter().find(|view| view.key == *key);
        assert_eq!(view.is_some(), is_kept || model.on_lane || !model.state.is_final());
        let Some(view) = view else { return };
        assert_eq!(view.state, model.state);
        assert_eq!(view.busy_since().is_some(), model.on_lane);
        assert_eq!(view.ended_at.is_some(), model.state.is_final());
        let reason = model.stop.filter(|_| view.state != State::Failed);
        assert_eq!(view.reason, reason.map(|(reason, _)| reason));
        let phase = match view.phase {
            None => (false, false),
            Some(Phase::CancelRequested) => (true, false),
            Some(Phase::Wedged { .. }) => (true, true),
        };
        let (stopping, wedged) = (model.on_lane && model.stop.is_some(), model.wedged);
        assert_eq!(phase, (stopping, stopping && wedged));
    }
}

impl StateMachineTest for Subject {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(model: &Model) -> Self {
        let begun = Instant::now();
        let bounds = Bounds {
            lanes: model.lanes,
            queue: model.queue,
            cancel_grace: Duration::from_millis(model.grace),
            kept: model.keeps,
        };
        Self {
            engine: Engine::new(bounds),
            begun,
            now: begun,
            runs: Vec::new(),
            permits: HashMap::new(),
            changes: Vec::new(),
            all_lanes: None,
            started: HashSet::new(),
            dropped: Vec::new(),
            wedged: Vec::new(),
            before: model.clone(),
        }
    }

    fn apply(mut subject: Self, after: &Model, happening: Happening) -> Self {
        let before = std::mem::replace(&mut subject.before, after.clone());
        subject.happen(&before, happening);
        subject
    }

    fn check_invariants(subject: &Self, model: &Model) {
        assert_eq!(subject.begun + Duration::from_millis(model.now), subject.now);
        assert_eq!(subject.runs.len(), model.runs.len(), "both admit the same");
        assert_eq!(subject.engine.has_next(), model.may_take(), "no wake-up is lost");
        let counts = subject.engine.counts();
        let taken = model.on_lanes().count();
        assert!(taken <= model.lanes);
        assert_eq!(subject.engine.at_work(), taken + usize::from(model.changing.is_some()));
        assert_eq!(counts.queued as usize, model.queued());
        assert_eq!((counts.lanes_held as usize, counts.wedged as usize), (taken, model.wedged()));
        let (readiness, in_the_way) = subject.engine.readiness(subject.now);
        assert_eq!(readiness, model.readiness());
        assert_eq!(
            in_the_way.is_empty(),
            match readiness {
                Readiness::Ready => true,
                Readiness::Wedged => false,
                // Those that hold a lane, if any do.
                Readiness::Busy | Readiness::Draining => taken == 0,
                Readiness::Unhealthy => false,
            }
        );
        let over = counts.finished + counts.failed + counts.cancelled + counts.timed_out;
        let ended = model.runs.iter().filter(|run| run.state.is_final()).count();
        assert_eq!(over as usize, ended, "every run ends exactly once");
        for (place, run) in model.runs.iter().enumerate() {
            subject.check_run(place, run, model.kept.contains(&place));
        }
    }

    fn teardown(mut subject: Self, mut model: Model) {
        // Whatever happened: when all come back, all have ended, and nothing is left.
        let mut happen = |happening: Happening| {
            let before = model.clone();
            model = Model::apply(before.clone(), &happening);
            subject.happen(&before, happening);
            Self::check_invariants(&subject, &model);
            model.clone()
        };
        let mut now = happen(Happening::Shutdown);
        while now.may_take() || now.changing.is_some() || now.on_lanes().next().is_some() {
            let run = now.on_lanes().next();
            now = match run {
                Some(run) => happen(Happening::Return { run, how: How::Answers }),
                None if now.changing.is_some() => happen(Happening::ChangeIsDone),
                None => happen(Happening::Take),
            };
        }
        assert!(now.line.is_empty());
        assert!(now.runs.iter().all(|run| run.state.is_final() && run.told.is_some()));
        let dropped = |run: usize| subject.dropped.contains(&Item::Run(run));
        assert!((0..now.runs.len()).all(|run| dropped(run) != subject.started.contains(&run)));
    }
}

fn class_info() -> ClassInfo {
    let info = r#"{"class":"C","name":"c","version":"1","config_schema":{},"args_schema":{},"output_schema":{}}"#;
    serde_json::from_str(info).expect("it has all that is needed")
}
