//! Executes one piece of work on the current thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use universal_worker_abi::{ClassInfo, Fault, FaultKind, JsonText};
use universal_worker_telemetry::ProcessMeter;

use crate::engine::work::{LanePermit, LifecyclePermit, Work};
use crate::instance::cell::InstanceCell;
use crate::instance::plugin_thread::{PluginThreadEvent, ThreadListener};
use crate::pool::job::{Job, Lifecycle, LifecycleChange, LifecycleReply};
use crate::pool::null_args;
use crate::run::Run;
use crate::run::account::CostMeter;
use crate::run::error::RunError;
use crate::run::failure::Failure;
use crate::run::output::{Operation, Outcome, Output, PrefetchResult, RunOutput};

#[derive(Debug)]
pub(super) struct Executor {
    cell: Arc<InstanceCell>,
    listener: ThreadListener,
    meter: ProcessMeter,
}

/// Work that is done, and its permit, to be returned to the engine.
pub(super) enum Executed {
    /// With the time when the plugin returned.
    Run(LanePermit, Outcome, Instant),
    /// With what is to be called afterwards; `None` if the change panicked.
    Lifecycle(LifecyclePermit, Option<LifecycleReply>),
}

impl Executor {
    pub(super) fn new(cell: Arc<InstanceCell>, listener: ThreadListener) -> Self {
        Self { cell, listener, meter: ProcessMeter::new() }
    }

    pub(super) fn cell(&self) -> &InstanceCell {
        &self.cell
    }

    pub(super) fn class_info(&self) -> &ClassInfo {
        self.cell.class().info()
    }

    /// The listener for the threads that execute work.
    pub(super) fn listener(&self) -> &ThreadListener {
        &self.listener
    }

    pub(super) fn execute(&self, work: Work<Job>, now: Instant) -> Executed {
        let executed = match work {
            Work::Run(permit, run, job) => {
                self.listener.notify(PluginThreadEvent::RunStarted(run.id()));
                let (result, returned_at) = self.measured_call(&run, job, now);
                let outcome = result.map_err(|error| Failure::new(error, self.class_info()));
                Executed::Run(permit, outcome, returned_at)
            }
            Work::Lifecycle(permit, job) => {
                let reply = match job {
                    Job::Lifecycle(lifecycle, change) => self.change(lifecycle, change),
                    Job::Call(_) => None,
                };
                Executed::Lifecycle(permit, reply)
            }
        };
        self.listener.notify(PluginThreadEvent::Idle);
        executed
    }

    fn change(&self, lifecycle: Lifecycle, change: LifecycleChange) -> Option<LifecycleReply> {
        let name = lifecycle.name();
        self.listener.notify(PluginThreadEvent::LifecycleStarted(name));
        // Plugin code does not unwind to here; a bug of the worker must not cost all lanes.
        let changed = catch_unwind(AssertUnwindSafe(change));
        changed.inspect_err(|_| log::error!("{name} panicked: this is a bug in the worker")).ok()
    }

    fn measured_call(
        &self,
        run: &Arc<Run>,
        job: Job,
        now: Instant,
    ) -> (Result<RunOutput, RunError>, Instant) {
        let costs = CostMeter::start(&self.meter, now);
        // Plugin code does not unwind to here; a bug of the worker must not cost a lane.
        let called = catch_unwind(AssertUnwindSafe(|| self.call(run, &job)));
        let result = called.unwrap_or(Err(RunError::Lost));
        run.end_callbacks();
        let bytes_out = match &result {
            Ok(RunOutput::Answer(answer)) => answer.as_ref().len(),
            _ => 0,
        };
        let returned_at = Instant::now();
        run.set_costs(costs.finish(bytes_out, returned_at));
        (result, returned_at)
    }

    fn call(&self, run: &Arc<Run>, job: &Job) -> Result<RunOutput, RunError> {
        let Job::Call(body) = job else { return Err(RunError::Lost) };
        let cx = Arc::clone(run);
        if let Output::Answer { operation: Operation::Extension(name), .. } = run.output() {
            return self.call_extension(name, body, cx).map(RunOutput::Answer);
        }
        let instance = self.cell.get_or_create()?;
        Ok(match run.output() {
            Output::Answer { .. } | Output::Canary(_) => {
                RunOutput::Answer(retried_without_null(body, |body| {
                    instance.execute(body, Arc::clone(&cx))
                })?)
            }
            Output::Stream { .. } => match retried_without_null(body, |body| {
                instance.execute_stream(body, Arc::clone(&cx))
            }) {
                // The plugin may take the rejected value for a cancel.
                Ok(()) if run.has_emitted_invalid_utf8() => return Err(RunError::NotUtf8),
                Err(fault)
                    if run.has_emitted_invalid_utf8() && fault.kind == FaultKind::Cancelled =>
                {
                    return Err(RunError::NotUtf8);
                }
                result => result.map(|()| RunOutput::Lines)?,
            },
            Output::Prefetch { .. } => match instance.prefetch(cx) {
                Ok(()) => RunOutput::Prefetch(PrefetchResult::Done),
                Err(fault) if fault.kind == FaultKind::NotSupported => {
                    RunOutput::Prefetch(PrefetchResult::NotSupported)
                }
                Err(fault) => return Err(fault.into()),
            },
        })
    }

    /// Calls an extension of the instance, or of the class if there is no instance.
    fn call_extension(&self, name: &str, body: &[u8], cx: Arc<Run>) -> Result<JsonText, RunError> {
        let result = match self.cell.instance() {
            Some(instance) => instance.extension(name, body, cx),
            None => self.cell.class().extension(name, body, cx),
        };
        result.map_err(|fault| match fault.kind {
            FaultKind::NotSupported => RunError::UnknownExtension(fault),
            _ => RunError::Fault(fault),
        })
    }
}

/// Calls the plugin, and once more if its library is too old to know that null means left out.
fn retried_without_null<T>(
    body: &[u8],
    call: impl Fn(&[u8]) -> Result<T, Fault>,
) -> Result<T, Fault> {
    call(body).or_else(|fault| match null_args::without_null(&fault, body) {
        Some(body) => call(&body),
        None => Err(fault),
    })
}
