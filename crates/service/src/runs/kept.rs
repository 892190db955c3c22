//! Runs that outlive their caller, and their results.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::encode;
use crate::engine::admission::{Admission, AdmissionError};
use crate::engine::kept::Deletion;
use crate::engine::results::ResultTarget;
use crate::error_code::ErrorCode;
use crate::pool::room::StreamRoom;
use crate::run::digest::Digest;
use crate::run::error::IdHolder;
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::kept::Keep;
use crate::run::kept_lines::{KeptLines, LinesError};
use crate::run::output::{Operation, Output};
use crate::run::report::RunReport;
use crate::run::snapshot::Snapshot;
use crate::run::{Run, id};
use crate::runs::pending::PendingRun;
use crate::runs::{RunRequest, Runs};

/// What a kept run returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptKind {
    Answer,
    Stream,
}

/// What the request for a run under an id of the client's comes to.
#[derive(Debug)]
pub(crate) enum Submission {
    New(Arc<Run>),
    /// The same request has made it before.
    Known(Arc<Run>, Box<RunReport>),
}

/// The error at the end of lines that were dropped while they were read.
#[derive(Serialize)]
struct ErrorLine {
    error: String,
    code: &'static str,
}

/// The text of lines that a reader took, or of the error in their place.
pub(crate) fn text_of_lines(taken: Result<Bytes, LinesError>) -> Bytes {
    taken.unwrap_or_else(|error| {
        let line = ErrorLine { error: error.to_string(), code: ErrorCode::Dropped.as_str() };
        let mut text = encode::to_line(&line);
        text.push(b'\n');
        text.into()
    })
}

impl KeptKind {
    /// As reports name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answer => "execute",
            Self::Stream => "stream",
        }
    }
}

impl RunRequest {
    /// The same request, for a run of `kind` that is kept.
    pub(crate) async fn kept(mut self, kind: &str) -> Self {
        self.keep(kind).await;
        self
    }

    /// Makes it one for a run of `kind` that is kept.
    pub(crate) async fn keep(&mut self, kind: &str) {
        self.keep = Keep::Yes(Digest::of(kind, &self.body).await);
    }
}

impl Runs {
    /// Admits a run that nobody waits for; `request` is one for a kept run.
    pub(crate) fn submit(&self, kind: KeptKind, request: RunRequest) -> Result<Arc<Run>, Failure> {
        match kind {
            KeptKind::Answer => Ok(self.execute(request)?.detach()),
            KeptKind::Stream => Ok(self.kept_stream(request, Framing::Plain)?.detach()),
        }
    }

    /// Admits a run with a stream of lines that are kept.
    pub(super) fn kept_stream(
        &self,
        mut request: RunRequest,
        framing: Framing,
    ) -> Result<PendingRun<()>, Failure> {
        let lines = self.new_lines(request.id.get_or_insert_with(id::generate));
        // From the start, so that its client misses none.
        let reader = lines.client_reader(framing).ok();
        Ok(self.admit(request, Output::kept_stream(lines))?.with_reader(reader))
    }

    fn new_lines(&self, id: &str) -> Arc<KeptLines> {
        Arc::new(KeptLines::new(Arc::new(StreamRoom::new(&self.pool, id))))
    }

    /// Admits a run with the id `id`, unless the same request has made it before.
    pub(crate) fn submit_once(
        &self,
        kind: KeptKind,
        id: String,
        mut request: RunRequest,
    ) -> Result<Submission, Failure> {
        // It is known whatever keeps a new run from being admitted.
        if let Keep::Yes(digest) = request.keep
            && let Some(known) = self.pool.read(|engine| engine.find_same(&id, digest))
        {
            return match known {
                Ok(snapshot) => Ok(self.known(&snapshot)),
                Err(holder) => Err(self.id_taken(&id, holder)),
            };
        }
        let output = match kind {
            KeptKind::Answer => Output::answer(Operation::Execute).0,
            KeptKind::Stream => Output::kept_stream(self.new_lines(&id)).0,
        };
        request.id = Some(id);
        let (run, job) = self.prepare(request, output)?;
        match self.pool.admit_once(&run, job) {
            Ok(Admission::New(_)) => Ok(Submission::New(run)),
            Ok(Admission::Known(snapshot)) => Ok(self.known(&snapshot)),
            Err(error) => Err(Failure::new(error.into_run_error(run.id()), self.info())),
        }
    }

    /// The run with the id `id`, for a reader of its result.
    pub(crate) fn result_target(&self, id: &str) -> ResultTarget {
        self.pool.read(|engine| engine.result_target(id))
    }

    /// Drops the result of the run with the id `id`.
    pub(crate) fn delete_result(&self, id: &str) -> Deletion {
        self.pool.update(|engine, _| engine.delete_result(id))
    }

    /// Whether there is a result that no client has received.
    pub(crate) fn has_unread_result(&self) -> bool {
        self.pool.read(|engine| engine.has_unread_result())
    }

    fn known(&self, snapshot: &Snapshot) -> Submission {
        Submission::Known(Arc::clone(&snapshot.run), Box::new(self.report_of(snapshot)))
    }

    fn id_taken(&self, id: &str, holder: IdHolder) -> Failure {
        Failure::new(AdmissionError::IdTaken(holder).into_run_error(id), self.info())
    }
}
