//! The canary: a run that the worker makes by itself, to see whether the plugin still works.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::run::cancel::CancelReason;
use crate::run::error::RunError;
use crate::run::output::Outcome;

/// What the last canary has found; the log says when that changes.
#[derive(Debug)]
pub(crate) struct CanaryVerdict {
    limit: Duration,
    /// Why the last one failed; `None` if it succeeded, or there was none.
    failure: Mutex<Option<String>>,
}

impl CanaryVerdict {
    /// The verdict of canaries that may take as long as `limit`.
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit, failure: Mutex::new(None) }
    }

    /// Why the last canary failed.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the last canary: its instance is gone.
    pub(crate) fn reset(&self) {
        self.set(None);
    }

    /// Takes the end of a canary; one that was cancelled has found nothing.
    pub(super) fn record(&self, outcome: &Outcome) {
        let failure = match outcome {
            Ok(_) => None,
            Err(failure) => match &failure.error {
                RunError::Cancelled(CancelReason::Deadline) => {
                    let limit = self.limit.as_secs_f64();
                    Some(format!("the call has not returned within {limit} s"))
                }
                RunError::Cancelled(_) | RunError::Draining => return,
                error => Some(error.to_string()),
            },
        };
        match (self.set(failure.clone()), failure) {
            (None, Some(why)) => log::warn!("the canary failed, so that /ready is 503: {why}"),
            (Some(_), None) => log::info!("the canary has succeeded again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Returns the former value.
    fn set(&self, failure: Option<String>) -> Option<String> {
        std::mem::replace(
            &mut *self.failure.lock().unwrap_or_else(PoisonError::into_inner),
            failure,
        )
    }
}

#[cfg(test)]
mod tests {
    use universal_worker_abi::{Fault, FaultKind};

    use super::*;
    use crate::run::failure::Failure;
    use crate::run::output::RunOutput;

    fn failed(error: RunError) -> Outcome {
        let info = r#"{"class":"C","name":"c","version":"1","config_schema":{},"args_schema":{},"output_schema":{}}"#;
        Err(Failure::new(error, &serde_json::from_str(info).unwrap()))
    }

    #[test]
    fn a_success_ends_a_failure_and_a_cancel_says_nothing() {
        let verdict = CanaryVerdict::new(Duration::from_millis(1500));
        let fault = || RunError::Fault(Fault::new(FaultKind::Failed, "no GPU"));
        let timeout = || RunError::Cancelled(CancelReason::Deadline);
        let late = "the call has not returned within 1.5 s";
        for (outcome, failure) in [
            (failed(RunError::Cancelled(CancelReason::Cancel)), None),
            (failed(fault()), Some("no GPU")),
            (failed(RunError::Cancelled(CancelReason::Shutdown)), Some("no GPU")),
            (failed(timeout()), Some(late)),
            (failed(RunError::Draining), Some(late)),
            (Ok(RunOutput::Lines), None),
            (failed(timeout()), Some(late)),
        ] {
            verdict.record(&outcome);
            assert_eq!(verdict.failure().as_deref(), failure, "{outcome:?}");
        }
        verdict.reset();
        assert_eq!(verdict.failure(), None);
    }
}
