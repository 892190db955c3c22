//! Results of runs that outlive their client.

use serde::Deserialize;

use crate::run_report::RunReport;

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// The worker accepted a new run.
    New {
        /// Id of the run.
        id: String,
    },
    /// The worker knew the run already: the same submission was made before, under the same id.
    Known(Box<RunReport>),
}

/// The result of a run that outlives its client.
#[derive(Debug, Clone, PartialEq)]
pub enum RunResult<T> {
    /// The run finished, with this value.
    Ready(T),
    /// The run has not ended.
    Pending(Box<RunReport>),
    /// The run has ended, but its result is no longer kept.
    Dropped {
        /// The worker's message.
        detail: String,
        /// Why it was dropped.
        reason: DropReason,
    },
}

/// Whether the result of a run can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResultState {
    /// The run has not ended.
    Pending,
    /// It can be read.
    Kept,
    /// It is no longer kept.
    Dropped {
        /// Why it was dropped.
        reason: DropReason,
    },
    /// A state that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// Why a result is no longer kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// It is older than `--result-ttl`.
    Age,
    /// Later results needed its memory, or it alone needs more than `--keep-results`.
    Room,
    /// A client deleted it.
    Deleted,
    /// A later run took the id.
    Replaced,
    /// A reason that this version of the crate does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The body of a response that accepts a run.
#[derive(Debug, Deserialize)]
pub(crate) struct AcceptedBody {
    pub(crate) id: String,
}

impl Submission {
    /// Id of the run.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::New { id } => id,
            Self::Known(report) => &report.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_state_of_a_result_is_read() {
        let read = |value| serde_json::from_value::<ResultState>(value).unwrap();
        assert_eq!(read(json!({"state": "pending"})), ResultState::Pending);
        assert_eq!(read(json!({"state": "kept", "of_tomorrow": 1})), ResultState::Kept);
        let dropped = ResultState::Dropped { reason: DropReason::Age };
        assert_eq!(read(json!({"state": "dropped", "reason": "age"})), dropped);
    }
}
