//! What the engine is to do, said once more, flat and slow: a list of runs with flags.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

use crate::runs::cancel::Reason;
use crate::runs::engine::view::Readiness;
use crate::runs::engine::view::State;

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) lanes: usize,
    pub(super) queue: usize,
    pub(super) keeps: usize,
    /// Milliseconds, as all times here.
    pub(super) grace: u64,
    pub(super) now: u64,
    pub(super) draining: bool,
    /// All that were ever admitted.
    pub(super) runs: Vec<ModelRun>,
    /// How many changes were ever admitted.
    pub(super) changes: usize,
    pub(super) line: VecDeque<Item>,
    pub(super) changing: Option<usize>,
    /// Runs that are over and back, the last ones, by their places in `runs`.
    pub(super) kept: VecDeque<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct ModelRun {
    pub(super) id: u8,
    pub(super) deadline: Option<u64>,
    pub(super) state: State,
    pub(super) on_lane: bool,
    pub(super) stop: Option<(Reason, u64)>,
    pub(super) wedged: bool,
    pub(super) told: Option<ToldOf>,
}

/// What a client was told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldOf {
    Answer,
    Failure,
    Stop(Reason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Run(usize),
    Change(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Answers,
    Fails,
    Panics,
}

/// Something that happens; runs and changes by their places in the model's lists.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Submit { id: u8, timeout: Option<u64> },
    Take,
    Return { run: usize, how: How },
    CancelId { id: u8 },
    CancelAll,
    CleanUp,
    Leave { run: usize },
    Change,
    WithdrawChange { change: usize },
    ChangeIsDone,
    TimePasses { by: u64 },
    Shutdown,
}

impl Model {
    pub(super) fn on_lanes(&self) -> impl Iterator<Item = usize> {
        (0..self.runs.len()).filter(|run| self.runs[*run].on_lane)
    }

    pub(super) fn queued(&self) -> usize {
        self.line.iter().filter(|item| matches!(item, Item::Run(_))).count()
    }

    pub(super) fn may_take(&self) -> bool {
        let taken = self.on_lanes().count();
        match self.line.front() {
            None => false,
            Some(Item::Run(_)) => self.changing.is_none() && taken < self.lanes,
            Some(Item::Change(_)) => self.changing.is_none() && taken == 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let held = self.changing.is_some() || self.queued() < self.line.len();
        let free = if held { 0 } else { self.lanes - self.on_lanes().count() };
        self.queued() >= self.queue + free
    }

    pub(super) fn wedged(&self) -> usize {
        self.on_lanes().filter(|run| self.runs[*run].wedged).count()
    }

    pub(super) fn readiness(&self) -> Readiness {
        let a_change_waits = self.queued() < self.line.len();
        if self.draining {
            Readiness::Draining
        } else if self.wedged() == self.lanes || self.wedged() > 0 && a_change_waits {
            Readiness::Wedged
        } else if self.is_full() {
            Readiness::Busy
        } else {
            Readiness::Ready
        }
    }

    fn change(&mut self) {
        self.line.push_back(Item::Change(self.changes));
        self.changes += 1;
    }

    /// The run that lives under an id.
    pub(super) fn live(&self, id: u8) -> Option<usize> {
        (0..self.runs.len()).find(|run| {
            let run = &self.runs[*run];
            run.id == id && (run.on_lane || run.state == State::Queued)
        })
    }

    /// The run that is found under an id.
    pub(super) fn find(&self, id: u8) -> Option<usize> {
        let ended = self.kept.iter().copied().filter(|run| self.runs[*run].id == id).max();
        self.live(id).or(ended)
    }

    fn tell(&mut self, run: usize, told: ToldOf) {
        self.runs[run].told.get_or_insert(told);
    }

    fn keep(&mut self, run: usize) {
        self.kept.push_back(run);
        if self.kept.len() > self.keeps {
            self.kept.pop_front();
        }
    }

    fn stop(&mut self, place: usize, reason: Reason) {
        let run = &mut self.runs[place];
        match run.state {
            State::Queued => {
                run.stop = Some((reason, self.now));
                run.state = stopped(reason);
                self.line.retain(|item| *item != Item::Run(place));
                self.tell(place, ToldOf::Stop(reason));
                self.keep(place);
            }
            State::Running => {
                run.stop.get_or_insert((reason, self.now));
            }
            _ => {}
        }
    }

    fn stop_all(&mut self, reason: Reason) {
        for run in 0..self.runs.len() {
            self.stop(run, reason);
        }
    }

    fn come_back(&mut self, place: usize, how: How) {
        let run = &mut self.runs[place];
        run.on_lane = false;
        if run.state == State::Running {
            let told = match (how, run.stop) {
                (How::Panics, _) | (How::Fails, None) => ToldOf::Failure,
                (_, Some((reason, _))) => ToldOf::Stop(reason),
                (How::Answers, None) => ToldOf::Answer,
            };
            run.state = match told {
                ToldOf::Answer => State::Finished,
                ToldOf::Failure => State::Failed,
                ToldOf::Stop(reason) => stopped(reason),
            };
            self.tell(place, told);
        }
        self.keep(place);
    }

    /// What falls due at this moment.
    fn keep_time(&mut self) {
        let (now, grace) = (self.now, self.grace);
        // Those that wait end in their order.
        let waiting: Vec<Item> = self.line.iter().copied().collect();
        for item in waiting {
            if let Item::Run(place) = item
                && self.runs[place].deadline.is_some_and(|deadline| deadline <= now)
            {
                self.stop(place, Reason::Deadline);
            }
        }
        for place in self.on_lanes().collect::<Vec<_>>() {
            let run = &mut self.runs[place];
            if run.state == State::Running && run.deadline.is_some_and(|deadline| deadline <= now) {
                let (reason, _) = *run.stop.get_or_insert((Reason::Deadline, now));
                if reason == Reason::Deadline {
                    run.state = State::TimedOut;
                }
                self.tell(place, ToldOf::Stop(reason));
            }
            let run = &mut self.runs[place];
            if let Some((reason, at)) = run.stop
                && at + grace <= now
            {
                run.wedged = true;
                self.tell(place, ToldOf::Stop(reason));
            }
        }
    }
}

fn stopped(reason: Reason) -> State {
    if reason == Reason::Deadline { State::TimedOut } else { State::Cancelled }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Happening;

    fn init_state() -> BoxedStrategy<Self> {
        let bounds = (1..4_usize, 0..5_usize, select(vec![0, 5, 20]), 0..6_usize);
        let model = bounds.prop_map(|(lanes, queue, grace, keeps)| Self {
            lanes,
            queue,
            keeps,
            grace,
            now: 0,
            draining: false,
            runs: Vec::new(),
            changes: 0,
            line: VecDeque::new(),
            changing: None,
            kept: VecDeque::new(),
        });
        model.boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Happening> {
        let timeout = prop_oneof![3 => Just(None), 2 => (1..30_u64).prop_map(Some)];
        let submit = (0..40_u8, timeout);
        let mut all = vec![
            (8, submit.prop_map(|(id, timeout)| Happening::Submit { id, timeout }).boxed()),
            (3, (0..40_u8).prop_map(|id| Happening::CancelId { id }).boxed()),
            (1, Just(Happening::CancelAll).boxed()),
            (1, Just(Happening::CleanUp).boxed()),
            (1, Just(Happening::Change).boxed()),
            (4, (0..15_u64).prop_map(|by| Happening::TimePasses { by }).boxed()),
        ];
        if state.may_take() {
            all.push((12, Just(Happening::Take).boxed()));
        }
        let on_lanes: Vec<usize> = state.on_lanes().collect();
        if !on_lanes.is_empty() {
            let how =
                prop_oneof![3 => Just(How::Answers), 1 => Just(How::Fails), 1 => Just(How::Panics)];
            let back = (select(on_lanes), how);
            all.push((6, back.prop_map(|(run, how)| Happening::Return { run, how }).boxed()));
        }
        if !state.runs.is_empty() {
            let leave = (0..state.runs.len()).prop_map(|run| Happening::Leave { run });
            all.push((3, leave.boxed()));
        }
        if state.changes > 0 {
            let withdraw =
                (0..state.changes).prop_map(|change| Happening::WithdrawChange { change });
            all.push((1, withdraw.boxed()));
        }
        if state.changing.is_some() {
            all.push((6, Just(Happening::ChangeIsDone).boxed()));
        }
        if state.runs.len() > 8 {
            all.push((1, Just(Happening::Shutdown).boxed()));
        }
        proptest::strategy::Union::new_weighted(all).boxed()
    }

    fn preconditions(state: &Self, happening: &Happening) -> bool {
        match happening {
            Happening::Take => state.may_take(),
            Happening::Return { run, .. } => state.runs.get(*run).is_some_and(|run| run.on_lane),
            Happening::Leave { run } => *run < state.runs.len(),
            Happening::WithdrawChange { change } => *change < state.changes,
            Happening::ChangeIsDone => state.changing.is_some(),
            _ => true,
        }
    }

    fn apply(mut model: Self, happening: &Happening) -> Self {
        match *happening {
            Happening::Submit { id, timeout } => {
                if !model.draining && model.live(id).is_none() && !model.is_full() {
                    model.line.push_back(Item::Run(model.runs.len()));
                    model.runs.push(ModelRun {
                        id,
                        deadline: timeout.map(|timeout| model.now + timeout),
                        state: State::Queued,
                        on_lane: false,
                        stop: None,
                        wedged: false,
                        told: None,
                    });
                }
            }
            Happening::Take => match model.line.pop_front() {
                Some(Item::Run(run)) => {
                    model.runs[run].state = State::Running;
                    model.runs[run].on_lane = true;
                }
                Some(Item::Change(change)) => model.changing = Some(change),
                None => {}
            },
            Happening::Return { run, how } => model.come_back(run, how),
            Happening::CancelId { id } => {
                if let Some(run) = model.live(id) {
                    model.stop(run, Reason::Cancel);
                }
            }
            Happening::CancelAll => model.stop_all(Reason::Cancel),
            Happening::Leave { run } => model.stop(run, Reason::ClientGone),
            Happening::CleanUp => {
                model.stop_all(Reason::Cancel);
                if !model.draining {
                    model.change();
                }
            }
            Happening::Change if model.draining => {}
            Happening::Change => model.change(),
            Happening::WithdrawChange { change } => {
                model.line.retain(|item| *item != Item::Change(change));
            }
            Happening::ChangeIsDone => model.changing = None,
            Happening::TimePasses { by } => model.now += by,
            Happening::Shutdown => {
                model.draining = true;
                model.line.retain(|item| matches!(item, Item::Run(_)));
                model.stop_all(Reason::Shutdown);
                model.change();
            }
        }
        model.keep_time();
        model
    }
}
