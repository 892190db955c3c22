//! Calls of the Python side: JSON in, JSON out, and exceptions as faults.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::types::PyString;
use universal_worker_plugin::dynamic::{Fault, FaultKind, body_text};
use universal_worker_plugin::{Context, Level};
use universal_worker_process::exit;

use crate::bridge;
use crate::runs::{self, CallKind};

/// Calls a method with JSON, and returns its result, which is JSON or None.
pub(crate) fn with_body(
    method: &Py<PyAny>,
    kind: CallKind,
    cx: &Context,
    body: &[u8],
) -> Result<Vec<u8>, Fault> {
    let body = body_text(body)?;
    attached(method, kind, Some(cx), (body,))
}

/// Calls a method without arguments, and returns its result, which is JSON or None.
pub(crate) fn without_body(
    method: &Py<PyAny>,
    kind: CallKind,
    cx: Option<&Context>,
) -> Result<Vec<u8>, Fault> {
    attached(method, kind, cx, ())
}

/// Calls a method, and returns its result, which is JSON or None.
pub(crate) fn attached<A>(
    method: &Py<PyAny>,
    kind: CallKind,
    cx: Option<&Context>,
    arguments: A,
) -> Result<Vec<u8>, Fault>
where
    A: for<'py> PyCallArgs<'py>,
{
    Python::attach(|py| {
        let result = runs::during(py, kind, cx, || method.bind(py).call1(arguments));
        if runs::is_forked() {
            end_child(py, result.err());
        }
        let text = result.and_then(|result| text_of(&result));
        text.map_err(|error| {
            let fault = bridge::fault(py, error, kind == CallKind::Run);
            log_traceback(py, &fault, cx);
            fault
        })
    })
}

/// Ends a process that the plugin forked and that came back from the plugin's code.
fn end_child(py: Python<'_>, error: Option<PyErr>) -> ! {
    let error = error.map(|error| error.into_value(py));
    let ended = bridge::module(py)
        .and_then(|bridge| bridge.getattr("end_child")?.call1((error,)).map(drop));
    log::error!("a forked process did not end: {ended:?}");
    exit::now(1)
}

fn text_of(result: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if result.is_none() {
        return Ok(Vec::new());
    }
    bridge::with_text(result.cast::<PyString>()?, |text| text.as_bytes().to_vec())
}

/// Writes the traceback to the log, as the original worker does: its reader may have nothing else.
fn log_traceback(py: Python<'_>, fault: &Fault, cx: Option<&Context>) {
    let Some(traceback) = fault.detail.traceback.as_ref() else { return };
    if fault.kind == FaultKind::Failed
        && let Some(cx) = cx
    {
        py.detach(|| cx.log(Level::Error, "plugin", traceback.trim_end()));
    }
}
