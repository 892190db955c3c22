//! The Python side: the functions of `universal_worker.bridge`.

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};
use serde_json::Value;
use universal_worker_plugin::dynamic::{Fault, FaultDetail, FaultKind};

use crate::imp;

static BRIDGE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The module `universal_worker.bridge`.
pub(crate) fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    let load = || Ok::<_, PyErr>(py.import("universal_worker.bridge")?.unbind());
    Ok(BRIDGE.get_or_try_init(py, load)?.bind(py))
}

/// The exception of a cancelled run.
pub(crate) fn cancelled(py: Python<'_>) -> PyErr {
    match cancelled_class(py) {
        Ok(class) => match class.call0() {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        },
        Err(error) => error,
    }
}

pub(crate) fn cancelled_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let load = || Ok::<_, PyErr>(module(py)?.getattr("Cancelled")?.unbind());
    Ok(CANCELLED.get_or_try_init(py, load)?.bind(py))
}

/// Calls `use_text` with the UTF-8 of a JSON text; unpaired surrogates, which UTF-8 cannot express,
/// are escaped.
pub(crate) fn with_text<T>(
    text: &Bound<'_, PyString>,
    use_text: impl FnOnce(&str) -> T,
) -> PyResult<T> {
    if let Ok(utf8) = text.to_str() {
        return Ok(use_text(utf8));
    }
    let escaped = module(text.py())?.getattr("escape")?.call1((text,))?;
    Ok(use_text(escaped.cast::<PyString>()?.to_str()?))
}

/// The error of a call as a fault; `may_mismatch` if the plugin's method may have rejected the
/// arguments themselves.
pub(crate) fn fault(py: Python<'_>, error: PyErr, may_mismatch: bool) -> Fault {
    let described = (|| {
        let describe = module(py)?.getattr("describe")?;
        let described = describe.call1((with_traceback(py, &error), may_mismatch))?;
        let (kind, message, detail): (String, Py<PyString>, Py<PyString>) = described.extract()?;
        let detail = with_text(detail.bind(py), |text| serde_json::from_str::<Value>(text).ok())?;
        let message = message.bind(py).to_string_lossy().into_owned();
        PyResult::Ok((kind, message, detail.unwrap_or_default()))
    })();
    let Ok((kind, message, detail)) = described else {
        // Out of memory, or another interrupt.
        let name = error.get_type(py).name().map(|name| name.to_string()).unwrap_or_default();
        return Fault::new(FaultKind::Failed, format!("{name}, which cannot be described"));
    };
    let mut fault = Fault::new(kind_of(&kind), message);
    let detail: FaultDetail = serde_json::from_value(detail).unwrap_or_default();
    *fault.detail = detail;
    fault
}

/// The exception with its traceback, which it has by itself only from Python 3.12 on.
fn with_traceback<'py>(py: Python<'py>, error: &PyErr) -> Bound<'py, PyBaseException> {
    let value = error.value(py);
    if let Some(traceback) = error.traceback(py) {
        imp::set_traceback(value, &traceback);
    }
    value.clone()
}

fn kind_of(name: &str) -> FaultKind {
    match name {
        "syntax" => FaultKind::Syntax,
        "arguments" => FaultKind::Arguments,
        "cancelled" => FaultKind::Cancelled,
        "not_supported" => FaultKind::NotSupported,
        "not_implemented" => FaultKind::NotImplemented,
        _ => FaultKind::Failed,
    }
}

/// The members of a tuple of Python, as text.
pub(crate) fn load_failure(
    py: Python<'_>,
    error: &PyErr,
) -> PyResult<(String, String, Option<String>)> {
    let described = module(py)?.getattr("load_failure")?.call1((with_traceback(py, error),))?;
    let described = described.cast_into::<PyTuple>()?;
    described.extract()
}
