//! The codes of errors: what the body of every error says beside its message.

/// Defines [`ErrorCode`] from the one table of codes.
macro_rules! error_codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident $name:literal [$($status:literal),+];)+) => {
        /// What went wrong, in a word that does not change.
        ///
        /// The doc of each code is its meaning in `docs/http-api.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ErrorCode {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl ErrorCode {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The statuses that a response with this code may have, the usual one first.
            pub(crate) const fn statuses(self) -> &'static [u16] {
                match self { $(Self::$variant => &[$($status),+],)+ }
            }

            #[cfg(test)]
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+),)+ }
            }
        }
    };
}

error_codes! {
    /// the request is malformed: no `Host` or more than one, a target of another kind, an id of a run that is not allowed
    BadRequest "bad_request" [400];
    /// a parameter of the query has an invalid value
    BadQuery "bad_query" [400];
    /// a request header that controls the run has an invalid value
    BadHeader "bad_header" [400];
    /// the body is not JSON in UTF-8, or is nested too deeply
    BadJson "bad_json" [400];
    /// the config is missing, or the plugin refuses it
    BadConfig "bad_config" [400];
    /// the body ended early
    IncompleteBody "incomplete_body" [400];
    /// the token is missing or wrong
    Token "token" [401];
    /// the `Host` or the target names a host that is not allowed
    HostRefused "host_refused" [403];
    /// a page of an origin that is not allowed sent the request
    OriginRefused "origin_refused" [403];
    /// the client at a Unix socket is a process of another user
    PeerRefused "peer_refused" [403];
    /// unknown path
    NotFound "not_found" [404];
    /// no run has this id, or no longer
    UnknownRun "unknown_run" [404];
    /// the result of this run is not kept
    NotKept "not_kept" [404];
    /// the class does not have this extension, task or method
    NotSupported "not_supported" [404];
    /// the path has no such method
    MethodNotAllowed "method_not_allowed" [405];
    /// no byte of the body arrived in time
    BodyTimeout "body_timeout" [408];
    /// the run was cancelled by a client
    Cancelled "cancelled" [409];
    /// the run was cancelled because its client disconnected
    ClientGone "client_gone" [409];
    /// the worker is stopping: 503 if the run never started, 409 if it was interrupted; send it to another worker
    Shutdown "shutdown" [503, 409];
    /// another run with this id is queued or holds a lane, or is kept and has another body
    IdTaken "id_taken" [409];
    /// the run has ended, so it cannot be cancelled
    Ended "ended" [409];
    /// the run has not ended, so its result cannot be deleted
    NotEnded "not_ended" [409];
    /// the run is not a stream
    WrongKind "wrong_kind" [409];
    /// the result, or the line, was kept and is dropped; `reason` says why
    Dropped "dropped" [410];
    /// the body is larger than the limit
    TooLarge "too_large" [413];
    /// the body is compressed
    ContentEncoding "content_encoding" [415];
    /// the stream has ended before this line
    BeyondEnd "beyond_end" [416];
    /// the arguments, or the members of the body, do not fit
    BadArguments "bad_arguments" [422];
    /// no config was sent, and the plugin refuses `{}`
    NotInitialised "not_initialised" [422];
    /// the plugin returned an error; 422 if it names invalid fields of its input
    PluginError "plugin_error" [500, 422];
    /// the plugin panicked
    PluginPanicked "plugin_panicked" [500];
    /// a bug in the worker
    Defect "defect" [500];
    /// the class has the method, and says that it is not implemented
    NotImplemented "not_implemented" [501];
    /// a `Transfer-Encoding` other than `chunked`
    TransferEncoding "transfer_encoding" [501];
    /// the queue is full
    QueueFull "queue_full" [503];
    /// memory or threads are short: try again later, or elsewhere
    Resource "resource" [503];
    /// every lane is held by a wedged run
    Wedged "wedged" [503];
    /// the cleanup is still in progress
    CleanupPending "cleanup_pending" [503];
    /// the deadline of the run has passed
    Deadline "deadline" [504];
    /// the plugin did not return its config options in time
    OptionsTimeout "options_timeout" [504];
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::fs;

    use super::*;

    #[test]
    fn the_documentation_has_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/http-api.md");
        let page = fs::read_to_string(page).unwrap();
        let mut table = String::from("| `code` | status | meaning |\n|---|---|---|\n");
        for code in ErrorCode::ALL {
            let statuses: Vec<_> = code.statuses().iter().map(u16::to_string).collect();
            let (name, meaning) = (code.as_str(), code.meaning().trim());
            writeln!(table, "| `{name}` | {} | {meaning} |", statuses.join(", ")).unwrap();
        }
        assert!(page.contains(&format!("\n\n{table}\n")), "docs/http-api.md needs:\n{table}");
    }
}
