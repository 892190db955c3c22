//! The results that the engine keeps, compared with those of the model.

use std::sync::Arc;

use universal_worker_abi::JsonText;

use crate::engine::results::ResultTarget;
use crate::run::cancel::CancelReason;
use crate::run::digest::Digest;
use crate::run::error::RunError;
use crate::run::failure::Failure;
use crate::run::kept::{Keep, ResultState};
use crate::run::output::{Outcome, RunOutput};
use crate::run::snapshot::Snapshot;
use crate::tests::engine::model::{FirstReply, How, Model, ModelRun};
use crate::tests::engine::results::ModelResult;
use crate::tests::engine::subject::{Subject, class_info};

/// The ids of all runs are below.
pub(super) const IDS: u8 = 40;

/// Below, they are those of many runs.
pub(super) const WANTED: u8 = 6;

impl Subject {
    pub(super) fn take_room(&mut self, bytes: usize) {
        // Nobody has this id.
        let _ = self.engine.take_room("stream", bytes);
    }

    pub(super) fn check_known(&self, model: &Model, id: u8, how: How, known: &Snapshot) {
        let How::Put(body) = how else { panic!("only a PUT finds a run") };
        let Some(Ok(place)) = model.find_same(id, body) else { panic!("it is unknown") };
        assert_eq!(known.key, self.runs[place].1, "a PUT finds its own run");
        assert_eq!(known.state, model.runs[place].state);
    }

    /// Remembers what each result was when it was set.
    pub(super) fn record_results(&mut self) {
        for (place, (run, ..)) in self.runs.iter().enumerate() {
            if let Some(Ok(reply)) = run.kept().and_then(|kept| kept.ended_now()) {
                self.results.entry(place).or_insert(reply);
            }
        }
    }

    pub(super) fn check_result(&self, place: usize, model: &ModelRun) {
        let kept = self.runs[place].0.kept();
        let state = match (kept.map(|kept| kept.state()), model.result) {
            (None, ModelResult::NotKept) => return,
            (None, result) => panic!("it is to be kept: {result:?}"),
            (Some(ResultState::Pending), _) => ModelResult::Pending,
            (Some(ResultState::Kept), _) => ModelResult::Kept,
            (Some(ResultState::Dropped { reason }), _) => ModelResult::Dropped(reason),
        };
        assert_eq!(state, model.result, "a result is there from its end until it is dropped");
        let Some(Ok(reply)) = kept.and_then(|kept| kept.ended_now()) else { return };
        assert!(Arc::ptr_eq(&reply, &self.results[&place]), "a result is made once");
        match (&reply.result, model.reply) {
            (Ok(bytes), Some(FirstReply::Answer)) => {
                assert_eq!(
                    bytes[..],
                    answer_of(place, model.answer),
                    "a result is that of its run"
                );
            }
            (Err(failure), Some(FirstReply::Cancelled(reason))) => {
                assert!(matches!(failure.error, RunError::Cancelled(its) if its == reason));
            }
            (Err(failure), Some(FirstReply::Failure)) => {
                assert!(matches!(failure.error, RunError::Fault(_)));
            }
            (result, reply) => panic!("{result:?} is not {reply:?}"),
        }
    }

    pub(super) fn check_ids(&self, model: &Model) {
        assert_eq!(self.engine.has_unread_result(), model.results.has_unread());
        // The ones that many runs want, and one of the others.
        let other = u8::try_from(self.runs.len()).unwrap_or_default() % IDS;
        for id in (0..WANTED).chain([other]) {
            let found = model.find(id);
            match (self.engine.result_target(&id.to_string()), found) {
                (ResultTarget::Unknown, None) => {}
                (ResultTarget::NotKept, Some(run)) => assert_eq!(model.runs[run].keep, None),
                (ResultTarget::Kept { snapshot, has_ended }, Some(run)) => {
                    assert_eq!(snapshot.key, self.runs[run].1, "the newest run has the id");
                    let is_final = model.runs[run].state.is_final();
                    let is_known = model.results.entry(&model.runs, id) == Some(run);
                    assert_eq!(has_ended, is_final || is_known);
                }
                (target, found) => panic!("{id}: {target:?} is not {found:?}"),
            }
        }
    }
}

pub(super) fn keep(how: How) -> Keep {
    match how {
        How::Plain => Keep::No,
        How::Post(body) | How::Put(body) => Keep::Yes(Digest::from_number(body.into())),
    }
}

pub(super) fn cancelled(reason: CancelReason) -> Outcome {
    Err(Failure::new(RunError::Cancelled(reason), &class_info()))
}

pub(super) fn answer(place: usize, bytes: usize) -> Outcome {
    Ok(RunOutput::Answer(JsonText::from(answer_of(place, bytes))))
}

/// An answer of this size that no other run gives.
fn answer_of(place: usize, bytes: usize) -> Vec<u8> {
    let name = place.to_string();
    name.bytes().cycle().take(bytes).collect()
}
