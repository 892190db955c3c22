//! The codes of errors.

use serde::Deserialize;

/// What went wrong, as the worker says it in a word that does not change.
///
/// It tells apart what a status does not, such as a run that was cancelled, one that the worker's stop
/// interrupted, and an id that is in use, which are all 409.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is malformed.
    BadRequest,
    /// A parameter of the query has an invalid value.
    BadQuery,
    /// A header that controls the run has an invalid value.
    BadHeader,
    /// The body is not JSON in UTF-8, or is nested too deeply.
    BadJson,
    /// The plugin refuses the config.
    BadConfig,
    /// The body ended early.
    IncompleteBody,
    /// The token is missing or wrong.
    Token,
    /// The worker does not allow the host of the request.
    HostRefused,
    /// The worker does not allow the origin of the request.
    OriginRefused,
    /// The Unix socket belongs to another user.
    PeerRefused,
    /// The worker does not know the path.
    NotFound,
    /// The worker does not know the run, or no longer.
    UnknownRun,
    /// The result of the run is not kept.
    NotKept,
    /// The class does not have the extension.
    NotSupported,
    /// The path does not have the method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    BodyTimeout,
    /// A client cancelled the run.
    Cancelled,
    /// The client of the run disconnected.
    ClientGone,
    /// The worker is stopping: send the run to another one.
    Shutdown,
    /// Another run has the id, or the run with the id was submitted with another body.
    IdTaken,
    /// The run has ended, so it cannot be cancelled.
    Ended,
    /// The run has not ended, so its result cannot be deleted.
    NotEnded,
    /// The run is not a stream.
    WrongKind,
    /// The result, or the line, was kept and has been dropped.
    Dropped,
    /// The body is too large.
    TooLarge,
    /// The body is compressed.
    ContentEncoding,
    /// The stream ended before this line.
    BeyondEnd,
    /// The arguments do not fit.
    BadArguments,
    /// No config was sent, and the plugin needs one.
    NotInitialised,
    /// The plugin returned an error.
    PluginError,
    /// The plugin panicked.
    PluginPanicked,
    /// A bug in the worker.
    Defect,
    /// The class does not implement the method.
    NotImplemented,
    /// The body has a transfer coding that the worker does not know.
    TransferEncoding,
    /// The queue is full: try again later.
    QueueFull,
    /// Memory or threads are short: try again later, or elsewhere.
    Resource,
    /// Wedged runs hold all lanes: send the run to another worker.
    Wedged,
    /// The cleanup is still in progress.
    CleanupPending,
    /// The deadline of the run has passed.
    Deadline,
    /// The plugin did not return its config options in time.
    OptionsTimeout,
    /// A code that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_documented_code_is_known() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/http-api.md");
        let page = fs::read_to_string(page).unwrap();
        let table = page.split("\n### Codes\n").nth(1).unwrap().split("\n### ").next().unwrap();
        let codes = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let codes: Vec<&str> = codes.filter(|code| *code != "code").collect();
        assert!(codes.len() > 30, "{codes:?}");
        for code in codes {
            let known: ErrorCode = serde_json::from_str(&format!("\"{code}\"")).unwrap();
            assert_ne!(known, ErrorCode::Unknown, "{code}");
        }
        assert_eq!(serde_json::from_str::<ErrorCode>("\"x\"").unwrap(), ErrorCode::Unknown);
    }
}
