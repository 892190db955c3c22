//! A run's error in the form that clients act on.

use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::Category;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultDetail;
use universal_worker_abi::FaultKind;

use crate::json;
use crate::runs::cancel::Reason;
use crate::runs::error::RunError;
use crate::runs::moment::text_of;

/// `_job_error` of an answer or a stream's last line.
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

/// Bytes of an error's text that are kept with a run that is over.
const KEPT: usize = 64 * 1024;

/// The last line of a stream that failed.
#[derive(Serialize)]
struct Line<'a> {
    error: &'a str,
    _job_error: &'a JobError,
}

impl JobError {
    pub(crate) fn of(error: &RunError, info: &ClassInfo, when: SystemTime) -> Self {
        let detail = match error {
            RunError::Fault(fault) => of_fault(fault),
            RunError::NotInitialised(fault) => {
                FaultDetail { category: Some(Category::UserInput), ..fault.detail.as_ref().clone() }
            }
            RunError::QueueFull { retry_after_seconds, .. } => FaultDetail {
                category: Some(Category::Transient),
                retry_after_seconds: Some(*retry_after_seconds),
                ..FaultDetail::default()
            },
            RunError::Draining | RunError::NoThread(_) => transient(true),
            RunError::Stopped(reason) => transient(*reason == Reason::Deadline),
            RunError::IdTaken { is_over: true, .. } => transient(true),
            RunError::IdTaken { is_over: false, .. } => FaultDetail {
                category: Some(Category::UserInput),
                retriable: Some(false),
                ..FaultDetail::default()
            },
            RunError::NotUtf8 | RunError::Lost => FaultDetail::default(),
        };
        // An error of which nobody says more is not one that goes away by itself.
        let category = detail.category.unwrap_or(Category::Fatal);
        Self {
            category,
            message: error.to_string(),
            retriable: detail.retriable.unwrap_or(category != Category::Fatal),
            // What lies in the past is now.
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
    pub(crate) fn line(&self) -> Vec<u8> {
        json::bytes(&Line { error: &self.message, _job_error: self })
    }

    /// The same, cut down where it is large: a plugin may say more than any memory holds.
    pub(crate) fn to_keep(error: Arc<Self>) -> Arc<Self> {
        if error.size() <= KEPT {
            return error;
        }
        let cut = |text: &str| text[..text.floor_char_boundary(KEPT / 4)].to_owned();
        Arc::new(Self {
            category: error.category,
            message: cut(&error.message),
            retriable: error.retriable,
            retry_after_seconds: error.retry_after_seconds,
            fields_invalid: None,
            resource_shortfall: None,
            original_exc_repr: error.original_exc_repr.as_deref().map(cut),
            traceback: error.traceback.as_deref().map(cut),
            detail: None,
            plugin_name: error.plugin_name.clone(),
            plugin_instance_id: error.plugin_instance_id.clone(),
            occurred_at: error.occurred_at.clone(),
        })
    }

    /// Bytes of text in it, roughly.
    fn size(&self) -> usize {
        let texts = [&self.original_exc_repr, &self.traceback];
        let values = [&self.fields_invalid, &self.resource_shortfall, &self.detail];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        // Values are rare, and seldom more than a few words.
        let values = values.into_iter().flatten().map(|value| json::bytes(value).len());
        self.message.len() + texts + values.sum::<usize>()
    }

    /// Whether it names what in the input is wrong.
    pub(crate) fn blames_input(&self) -> bool {
        self.category == Category::UserInput && self.fields_invalid.is_some()
    }
}

fn of_fault(fault: &Fault) -> FaultDetail {
    let mut detail = fault.detail.as_ref().clone();
    if fault.kind == FaultKind::Cancelled {
        detail.category.get_or_insert(Category::Transient);
        detail.retriable.get_or_insert(false);
    }
    detail
}

fn transient(retriable: bool) -> FaultDetail {
    FaultDetail {
        category: Some(Category::Transient),
        retriable: Some(retriable),
        ..FaultDetail::default()
    }
}
