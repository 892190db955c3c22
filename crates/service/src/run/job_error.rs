//! The error of a run in the form that clients act on.

use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::{Category, ClassInfo, FaultDetail, FaultKind};

use crate::encode;
use crate::error_code::ErrorCode;
use crate::run::cancel::CancelReason;
use crate::run::error::{IdHolder, RunError};
use crate::run::timestamp::text_of;

/// `_job_error` of a response, or of the last line of a stream.
#[derive(Debug, Serialize)]
pub(crate) struct JobError {
    category: Category,
    message: String,
    retriable: bool,
    retry_after_seconds: Option<f64>,
    fields_invalid: Option<Value>,
    resource_shortfall: Option<Value>,
    original_exc_repr: Option<String>,
    traceback: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Value>,
    plugin_name: String,
    plugin_instance_id: Option<String>,
    occurred_at: String,
}

/// Bytes of an error's text that are kept with a run that has ended.
const MAX_KEPT: usize = 64 * 1024;

/// The last line of a stream that failed.
#[derive(Serialize)]
struct Line<'a> {
    error: &'a str,
    code: &'static str,
    _job_error: &'a JobError,
}

impl JobError {
    pub(crate) fn new(error: &RunError, info: &ClassInfo, when: SystemTime) -> Self {
        let detail = detail_of(error);
        // An error without details is not expected to go away by itself.
        let category = detail.category.unwrap_or(Category::Fatal);
        Self {
            category,
            message: error.to_string(),
            retriable: detail.retriable.unwrap_or(category != Category::Fatal),
            // A time in the past means now.
            retry_after_seconds: detail.retry_after_seconds.map(|seconds| seconds.max(0.0)),
            fields_invalid: detail.fields_invalid,
            resource_shortfall: detail.resource_shortfall,
            original_exc_repr: detail.original,
            traceback: detail.traceback,
            detail: detail.detail,
            plugin_name: info.name.clone(),
            plugin_instance_id: None,
            occurred_at: text_of(when),
        }
    }

    /// The last line of a stream, without its line feed.
    pub(crate) fn to_line(&self, code: ErrorCode) -> Vec<u8> {
        encode::to_line(&Line { error: &self.message, code: code.as_str(), _job_error: self })
    }

    /// The error cut down to a bounded size, because a plugin may write any amount of text.
    pub(crate) fn truncated(error: &Arc<Self>) -> Arc<Self> {
        if error.size() <= MAX_KEPT {
            return Arc::clone(error);
        }
        // Field by field: a clone of the whole would be as large as the plugin likes.
        let cut = |text: &String| text[..text.floor_char_boundary(MAX_KEPT / 4)].to_owned();
        Arc::new(Self {
            category: error.category,
            message: cut(&error.message),
            retriable: error.retriable,
            retry_after_seconds: error.retry_after_seconds,
            fields_invalid: None,
            resource_shortfall: None,
            original_exc_repr: error.original_exc_repr.as_ref().map(cut),
            traceback: error.traceback.as_ref().map(cut),
            detail: None,
            plugin_name: error.plugin_name.clone(),
            plugin_instance_id: error.plugin_instance_id.clone(),
            occurred_at: error.occurred_at.clone(),
        })
    }

    /// Bytes of text in it, approximately.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.original_exc_repr, &self.traceback];
        let values = [&self.fields_invalid, &self.resource_shortfall, &self.detail];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        // Values are rare and short, so encoding them here costs little.
        let values = values.into_iter().flatten().map(|value| encode::to_vec(value).len());
        self.message.len() + texts + values.sum::<usize>()
    }

    /// Whether it names the invalid fields of the input.
    pub(crate) fn blames_input(&self) -> bool {
        self.category == Category::UserInput && self.fields_invalid.is_some()
    }
}

/// What a caller can do about an error: what the plugin says, or what follows from its kind.
fn detail_of(error: &RunError) -> FaultDetail {
    let mut detail = match error {
        RunError::Fault(fault)
        | RunError::UnknownExtension(fault)
        | RunError::NotInitialized(fault) => fault.detail.as_ref().clone(),
        _ => FaultDetail::default(),
    };
    let transient = (Category::Transient, true);
    let (category, retriable) = match error {
        RunError::Fault(fault) if fault.kind == FaultKind::Cancelled => {
            detail.category.get_or_insert(Category::Transient);
            detail.retriable.get_or_insert(false);
            return detail;
        }
        RunError::NotInitialized(_) => {
            detail.category = Some(Category::UserInput);
            return detail;
        }
        RunError::Fault(_) | RunError::UnknownExtension(_) | RunError::NotUtf8 | RunError::Lost => {
            return detail;
        }
        RunError::QueueFull { retry_after_seconds, .. } => {
            detail.retry_after_seconds = Some(*retry_after_seconds);
            transient
        }
        RunError::Cancelled(reason) => {
            // Later Python clients know a cancelled stream by this alone.
            detail.original = Some(format!("CapabilityCancelledError('{}')", reason.message()));
            (Category::Transient, *reason == CancelReason::Deadline)
        }
        RunError::IdTaken { holder: IdHolder::Live | IdHolder::Other, .. } => {
            (Category::UserInput, false)
        }
        RunError::Pressure(_) => (Category::Resource, true),
        RunError::IdTaken { holder: IdHolder::Returning, .. }
        | RunError::Draining
        | RunError::Wedged
        | RunError::Spawn(_) => transient,
    };
    detail.category = Some(category);
    detail.retriable = Some(retriable);
    detail
}
