//! How a failure is reported, read from arguments that may be wrong elsewhere.

use std::path::PathBuf;

use universal_worker_runtime::{AnnounceTo, FailureReport};

use crate::normalize::Normalized;
use crate::resolve::absolute;
use crate::values;

/// Looks only at the options in question; one that is wrong itself does not count.
pub(crate) fn failure_report(normalized: &Normalized) -> FailureReport {
    let announce = if normalized.is_set("check") || normalized.is_set("list") {
        None
    } else {
        let fd = normalized.value("ready-fd").and_then(|fd| values::fd(fd).ok());
        let file = normalized.value("announce-file").filter(|file| !file.is_empty());
        Some(match (fd, file) {
            (Some(fd), None) => AnnounceTo::Fd(fd),
            (None, Some(file)) => AnnounceTo::File(absolute(PathBuf::from(file))),
            _ => AnnounceTo::Stdout,
        })
    };
    let log_format = normalized.value("log").and_then(|format| values::log_format(format).ok());
    FailureReport { announce, log_format: log_format.unwrap_or_default() }
}
