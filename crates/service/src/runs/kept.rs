//! Runs that outlive their caller, and their results.

use std::sync::Arc;

use crate::engine::admission::{Admission, AdmissionError};
use crate::engine::kept::Deletion;
use crate::engine::results::ResultTarget;
use crate::run::Run;
use crate::run::digest::Digest;
use crate::run::error::IdHolder;
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::kept::Keep;
use crate::run::output::{Operation, Output};
use crate::run::report::RunReport;
use crate::run::snapshot::Snapshot;
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
    Known(Box<RunReport>),
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
        self.keep = Keep::Yes(Digest::of(kind, &self.body).await);
        self
    }
}

impl Runs {
    /// Admits a run that nobody waits for; `request` is one for a kept run.
    pub(crate) fn submit(&self, kind: KeptKind, request: RunRequest) -> Result<Arc<Run>, Failure> {
        match kind {
            KeptKind::Answer => Ok(self.execute(request)?.detach()),
            KeptKind::Stream => Ok(self.stream(request, Framing::Plain)?.detach()),
        }
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
        request.id = Some(id);
        let output = match kind {
            KeptKind::Answer => Output::answer(Operation::Execute).0,
            KeptKind::Stream => Output::stream(Framing::Plain).0,
        };
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
        Submission::Known(Box::new(self.report_of(snapshot)))
    }

    fn id_taken(&self, id: &str, holder: IdHolder) -> Failure {
        Failure::new(AdmissionError::IdTaken(holder).into_run_error(id), self.info())
    }
}
