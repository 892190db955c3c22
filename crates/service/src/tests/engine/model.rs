//! A simple and slow model of the engine: a list of runs with flags.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

use crate::engine::inspect::Readiness;
use crate::engine::kept::Deletion;
use crate::run::cancel::CancelReason;
use crate::run::error::IdHolder;
use crate::run::snapshot::RunState;
use crate::tests::engine::kept::{IDS, WANTED};
use crate::tests::engine::results::{ModelResult, Results};

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) lanes: usize,
    pub(super) queue: usize,
    pub(super) history: usize,
    /// In milliseconds, like all times here.
    pub(super) grace: u64,
    pub(super) now: u64,
    pub(super) draining: bool,
    /// All runs that were ever admitted.
    pub(super) runs: Vec<ModelRun>,
    /// The number of lifecycle changes that were ever admitted.
    pub(super) lifecycles: usize,
    pub(super) queue_items: VecDeque<Item>,
    pub(super) in_lifecycle: Option<usize>,
    /// The most recent ended runs that hold no lane, by their indexes in `runs`.
    pub(super) kept: VecDeque<usize>,
    pub(super) results: Results,
}

#[derive(Debug, Clone)]
pub(super) struct ModelRun {
    pub(super) id: u8,
    pub(super) deadline: Option<u64>,
    pub(super) state: RunState,
    pub(super) on_lane: bool,
    pub(super) cancel: Option<(CancelReason, u64)>,
    pub(super) wedged: bool,
    pub(super) reply: Option<FirstReply>,
    /// The body of its request, if its result is kept.
    pub(super) keep: Option<u8>,
    /// Bytes of what its plugin answers.
    pub(super) answer: usize,
    pub(super) result: ModelResult,
}

/// The first reply to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstReply {
    Answer,
    Failure,
    Cancelled(CancelReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Run(usize),
    Lifecycle(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PluginEnd {
    Answers { bytes: usize },
    Fails,
    Panics,
}

/// An event; runs and lifecycle changes by their indexes in the model.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Submit { id: u8, timeout: Option<u64>, how: How },
    Delete { id: u8 },
    Read { id: u8 },
    StreamTakes { bytes: usize },
    StreamGivesBack { bytes: usize },
    TakeNext,
    Return { run: usize, end: PluginEnd },
    CancelId { id: u8 },
    CancelAll,
    CleanUp,
    Disconnect { run: usize },
    Lifecycle,
    WithdrawLifecycle { lifecycle: usize },
    LifecycleDone,
    TimePasses { by: u64 },
    Close,
    Shutdown,
}

/// How a run is requested, with its body if it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Plain,
    Post(u8),
    Put(u8),
}

impl Model {
    pub(super) fn on_lanes(&self) -> impl Iterator<Item = usize> {
        (0..self.runs.len()).filter(|run| self.runs[*run].on_lane)
    }

    pub(super) fn queued(&self) -> usize {
        self.queue_items.iter().filter(|item| matches!(item, Item::Run(_))).count()
    }

    pub(super) fn may_take(&self) -> bool {
        let taken = self.on_lanes().count();
        match self.queue_items.front() {
            None => false,
            Some(Item::Run(_)) => self.in_lifecycle.is_none() && taken < self.lanes,
            Some(Item::Lifecycle(_)) => self.in_lifecycle.is_none() && taken == 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let held = self.in_lifecycle.is_some() || self.queued() < self.queue_items.len();
        let free = if held { 0 } else { self.lanes - self.on_lanes().count() };
        self.queued() >= self.queue + free
    }

    pub(super) fn wedged(&self) -> usize {
        self.on_lanes().filter(|run| self.runs[*run].wedged).count()
    }

    pub(super) fn is_wedged(&self) -> bool {
        let lifecycle_waits = self.queued() < self.queue_items.len();
        self.wedged() == self.lanes || self.wedged() > 0 && lifecycle_waits
    }

    /// Only wedged runs are left, and what waits for them.
    pub(super) fn has_drained(&self) -> bool {
        let is_stuck = self.wedged() == self.on_lanes().count();
        self.in_lifecycle.is_none() && is_stuck && !self.may_take()
    }

    pub(super) fn readiness(&self) -> Readiness {
        if self.draining {
            Readiness::Draining
        } else if self.is_wedged() {
            Readiness::Wedged
        } else if self.in_lifecycle.is_some() || self.queued() < self.queue_items.len() {
            Readiness::Initialising
        } else if self.is_full() {
            Readiness::Busy
        } else {
            Readiness::Ready
        }
    }

    fn enqueue_lifecycle(&mut self) {
        self.queue_items.push_back(Item::Lifecycle(self.lifecycles));
        self.lifecycles += 1;
    }

    /// The live run with the id.
    pub(super) fn live(&self, id: u8) -> Option<usize> {
        (0..self.runs.len()).find(|run| {
            let run = &self.runs[*run];
            run.id == id && (run.on_lane || run.state == RunState::Queued)
        })
    }

    /// The run that is found by the id.
    pub(super) fn find(&self, id: u8) -> Option<usize> {
        let ended = self.kept.iter().copied().filter(|run| self.runs[*run].id == id).max();
        self.live(id).or(ended).or(self.results.entry(&self.runs, id))
    }

    /// The run that a PUT of this body stands for, an error if the id is taken.
    pub(super) fn find_same(&self, id: u8, body: u8) -> Option<Result<usize, IdHolder>> {
        let live = self.live(id);
        let found = live.or_else(|| self.results.entry(&self.runs, id))?;
        Some(match self.runs[found].keep {
            Some(its) if its == body => Ok(found),
            Some(_) => Err(IdHolder::Other),
            None => Err(IdHolder::of_live(self.runs[found].state.is_final())),
        })
    }

    /// What the request to delete a result comes to.
    pub(super) fn deletion(&self, id: u8) -> Deletion {
        match (self.live(id), self.results.entry(&self.runs, id)) {
            (Some(live), _) if self.runs[live].keep.is_some() => Deletion::Live,
            (Some(_), _) => Deletion::NotKept,
            (None, Some(ended)) => match self.runs[ended].result {
                ModelResult::Dropped(reason) => Deletion::AlreadyDropped(reason),
                _ => Deletion::Deleted,
            },
            (None, None) if self.find(id).is_some() => Deletion::NotKept,
            (None, None) => Deletion::Unknown,
        }
    }

    fn set_reply(&mut self, place: usize, reply: FirstReply) {
        let run = &mut self.runs[place];
        if run.reply.is_some() {
            return;
        }
        run.reply = Some(reply);
        let bytes = match reply {
            FirstReply::Answer => run.answer,
            // Its message, twice.
            FirstReply::Failure => 2 * "it fails".len(),
            FirstReply::Cancelled(_) => 0,
        };
        if run.keep.is_some() {
            self.results.add(&mut self.runs, place, bytes, self.now);
        }
    }

    fn submit(&mut self, id: u8, timeout: Option<u64>, how: How) {
        let keep = match how {
            How::Plain => None,
            How::Post(body) => Some(body),
            How::Put(body) if self.find_same(id, body).is_some() => return,
            How::Put(body) => Some(body),
        };
        let is_free = !self.is_wedged() && !self.is_full();
        if self.draining || self.live(id).is_some() || !is_free {
            return;
        }
        self.results.replace(&mut self.runs, id);
        self.queue_items.push_back(Item::Run(self.runs.len()));
        self.runs.push(ModelRun {
            id,
            deadline: timeout.map(|timeout| self.now + timeout),
            state: RunState::Queued,
            on_lane: false,
            cancel: None,
            wedged: false,
            reply: None,
            keep,
            answer: 0,
            result: if keep.is_some() { ModelResult::Pending } else { ModelResult::NotKept },
        });
    }

    fn keep(&mut self, run: usize) {
        self.kept.push_back(run);
        if self.kept.len() > self.history {
            self.kept.pop_front();
        }
    }

    fn cancel(&mut self, place: usize, reason: CancelReason) {
        let run = &mut self.runs[place];
        match run.state {
            RunState::Queued => {
                run.cancel = Some((reason, self.now));
                run.state = cancelled(reason);
                self.queue_items.retain(|item| *item != Item::Run(place));
                self.set_reply(place, FirstReply::Cancelled(reason));
                self.keep(place);
            }
            RunState::Running => {
                run.cancel.get_or_insert((reason, self.now));
            }
            _ => {}
        }
    }

    fn cancel_all(&mut self, reason: CancelReason) {
        for run in 0..self.runs.len() {
            self.cancel(run, reason);
        }
    }

    fn complete(&mut self, place: usize, end: PluginEnd) {
        let run = &mut self.runs[place];
        run.on_lane = false;
        if let PluginEnd::Answers { bytes } = end {
            run.answer = bytes;
        }
        if run.state == RunState::Running {
            let reply = match (end, run.cancel) {
                (PluginEnd::Panics, _) | (PluginEnd::Fails, None) => FirstReply::Failure,
                (_, Some((reason, _))) => FirstReply::Cancelled(reason),
                (PluginEnd::Answers { .. }, None) => FirstReply::Answer,
            };
            run.state = match reply {
                FirstReply::Answer => RunState::Finished,
                FirstReply::Failure => RunState::Failed,
                FirstReply::Cancelled(reason) => cancelled(reason),
            };
            self.set_reply(place, reply);
        }
        self.keep(place);
    }

    /// Applies the deadlines and graces that have passed.
    fn apply_time(&mut self) {
        let (now, grace) = (self.now, self.grace);
        // Queued runs end in their order.
        let waiting: Vec<Item> = self.queue_items.iter().copied().collect();
        for item in waiting {
            if let Item::Run(place) = item
                && self.runs[place].deadline.is_some_and(|deadline| deadline <= now)
            {
                self.cancel(place, CancelReason::Deadline);
            }
        }
        for place in self.on_lanes().collect::<Vec<_>>() {
            let run = &mut self.runs[place];
            if run.state == RunState::Running
                && run.deadline.is_some_and(|deadline| deadline <= now)
            {
                let (reason, _) = *run.cancel.get_or_insert((CancelReason::Deadline, now));
                if reason == CancelReason::Deadline {
                    run.state = RunState::TimedOut;
                }
                self.set_reply(place, FirstReply::Cancelled(reason));
            }
            let run = &mut self.runs[place];
            if let Some((reason, at)) = run.cancel
                && at + grace <= now
            {
                run.wedged = true;
                self.set_reply(place, FirstReply::Cancelled(reason));
            }
        }
        self.results.expire(&mut self.runs, now);
    }
}

fn cancelled(reason: CancelReason) -> RunState {
    if reason == CancelReason::Deadline { RunState::TimedOut } else { RunState::Cancelled }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Self> {
        let bounds = (1..4_usize, 0..5_usize, select(vec![0, 5, 20]), 0..6_usize);
        let model =
            (bounds, Results::any()).prop_map(|((lanes, queue, grace, history), results)| Self {
                results,
                lanes,
                queue,
                history,
                grace,
                now: 0,
                draining: false,
                runs: Vec::new(),
                lifecycles: 0,
                queue_items: VecDeque::new(),
                in_lifecycle: None,
                kept: VecDeque::new(),
            });
        model.boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Event> {
        let timeout = prop_oneof![3 => Just(None), 2 => (1..30_u64).prop_map(Some)];
        let id = prop_oneof![2 => 0..IDS, 3 => 0..WANTED];
        let how = prop_oneof![
            2 => Just(How::Plain),
            2 => (0..2_u8).prop_map(How::Post),
            2 => (0..2_u8).prop_map(How::Put),
        ];
        let submit = (id.clone(), timeout, how);
        let submit = submit.prop_map(|(id, timeout, how)| Event::Submit { id, timeout, how });
        let bytes = 0..3000_usize;
        let mut all = vec![
            (9, submit.boxed()),
            (2, id.clone().prop_map(|id| Event::Delete { id }).boxed()),
            (2, id.prop_map(|id| Event::Read { id }).boxed()),
            (1, bytes.clone().prop_map(|bytes| Event::StreamTakes { bytes }).boxed()),
            (1, bytes.clone().prop_map(|bytes| Event::StreamGivesBack { bytes }).boxed()),
            (3, (0..40_u8).prop_map(|id| Event::CancelId { id }).boxed()),
            (1, Just(Event::CancelAll).boxed()),
            (1, Just(Event::CleanUp).boxed()),
            (1, Just(Event::Lifecycle).boxed()),
            (4, (0..15_u64).prop_map(|by| Event::TimePasses { by }).boxed()),
        ];
        if state.may_take() {
            all.push((12, Just(Event::TakeNext).boxed()));
        }
        let on_lanes: Vec<usize> = state.on_lanes().collect();
        if !on_lanes.is_empty() {
            let end = prop_oneof![
                3 => bytes.prop_map(|bytes| PluginEnd::Answers { bytes }),
                1 => Just(PluginEnd::Fails),
                1 => Just(PluginEnd::Panics),
            ];
            let done = (select(on_lanes), end);
            all.push((6, done.prop_map(|(run, end)| Event::Return { run, end }).boxed()));
        }
        if !state.runs.is_empty() {
            let disconnect = (0..state.runs.len()).prop_map(|run| Event::Disconnect { run });
            all.push((3, disconnect.boxed()));
        }
        if state.lifecycles > 0 {
            let withdraw =
                (0..state.lifecycles).prop_map(|lifecycle| Event::WithdrawLifecycle { lifecycle });
            all.push((1, withdraw.boxed()));
        }
        if state.in_lifecycle.is_some() {
            all.push((6, Just(Event::LifecycleDone).boxed()));
        }
        if state.runs.len() > 8 {
            all.push((1, Just(Event::Close).boxed()));
            all.push((1, Just(Event::Shutdown).boxed()));
        }
        proptest::strategy::Union::new_weighted(all).boxed()
    }

    fn preconditions(state: &Self, event: &Event) -> bool {
        match event {
            Event::TakeNext => state.may_take(),
            Event::Return { run, .. } => state.runs.get(*run).is_some_and(|run| run.on_lane),
            Event::Disconnect { run } => *run < state.runs.len(),
            Event::WithdrawLifecycle { lifecycle } => *lifecycle < state.lifecycles,
            Event::LifecycleDone => state.in_lifecycle.is_some(),
            _ => true,
        }
    }

    fn apply(mut model: Self, event: &Event) -> Self {
        match *event {
            Event::Submit { id, timeout, how } => model.submit(id, timeout, how),
            Event::Delete { id } => {
                if model.deletion(id) == Deletion::Deleted {
                    model.results.delete(&mut model.runs, id);
                }
            }
            Event::Read { id } => {
                if let Some(run) = model.results.entry(&model.runs, id) {
                    model.results.read.insert(run);
                }
            }
            Event::StreamTakes { bytes } => model.results.take(&mut model.runs, bytes),
            Event::StreamGivesBack { bytes } => {
                model.results.streams = model.results.streams.saturating_sub(bytes);
            }
            Event::TakeNext => match model.queue_items.pop_front() {
                Some(Item::Run(run)) => {
                    model.runs[run].state = RunState::Running;
                    model.runs[run].on_lane = true;
                }
                Some(Item::Lifecycle(lifecycle)) => model.in_lifecycle = Some(lifecycle),
                None => {}
            },
            Event::Return { run, end } => model.complete(run, end),
            Event::CancelId { id } => {
                if let Some(run) = model.live(id) {
                    model.cancel(run, CancelReason::Cancel);
                }
            }
            Event::CancelAll => model.cancel_all(CancelReason::Cancel),
            Event::Disconnect { run } => model.cancel(run, CancelReason::ClientGone),
            Event::CleanUp => {
                model.cancel_all(CancelReason::Cancel);
                if !model.draining {
                    model.enqueue_lifecycle();
                }
            }
            Event::Lifecycle if model.draining => {}
            Event::Lifecycle => model.enqueue_lifecycle(),
            Event::WithdrawLifecycle { lifecycle } => {
                model.queue_items.retain(|item| *item != Item::Lifecycle(lifecycle));
            }
            Event::LifecycleDone => model.in_lifecycle = None,
            Event::TimePasses { by } => model.now += by,
            Event::Close => model.draining = true,
            Event::Shutdown => {
                model.draining = true;
                model.queue_items.retain(|item| matches!(item, Item::Run(_)));
                model.cancel_all(CancelReason::Shutdown);
                model.enqueue_lifecycle();
            }
        }
        model.apply_time();
        model
    }
}
