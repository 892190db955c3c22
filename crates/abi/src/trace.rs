//! The trace that a run belongs to.

use serde::{Deserialize, Serialize};

/// The place of a run in a distributed trace, as the headers of
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/).
///
/// # Examples
/// ```
/// use universal_worker_abi::TraceContext;
///
/// let trace = TraceContext::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
/// assert_eq!(trace.tracestate, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TraceContext {
    /// The trace, the span of the caller, and flags.
    pub traceparent: String,
    /// What tracing systems keep for themselves, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
}

impl TraceContext {
    /// A trace context without a state of tracing systems.
    #[must_use]
    pub fn new(traceparent: impl Into<String>) -> Self {
        Self { traceparent: traceparent.into(), tracestate: None }
    }

    /// The trace context as it crosses the boundary.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Text is always JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what crossed the boundary; `None` if it is empty or of an unknown form.
    #[must_use]
    pub fn from_json(json: &[u8]) -> Option<Self> {
        if json.is_empty() { None } else { serde_json::from_slice(json).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_context_crosses_as_json_that_may_grow() {
        let mut trace = TraceContext::new("00-1-2-01");
        assert_eq!(trace.to_json(), br#"{"traceparent":"00-1-2-01"}"#);
        trace.tracestate = Some("a=1".to_owned());
        assert_eq!(TraceContext::from_json(&trace.to_json()), Some(trace));
        let later = br#"{"traceparent":"00-1-2-01","tracestate":null,"baggage":{}}"#;
        assert_eq!(TraceContext::from_json(later), Some(TraceContext::new("00-1-2-01")));
        for none in ["", "null", "{}", "[]", "{\"traceparent\":1}"] {
            assert_eq!(TraceContext::from_json(none.as_bytes()), None, "{none}");
        }
    }
}
