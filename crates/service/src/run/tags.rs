//! What a request says about its run for people and tracing systems.

use std::hash::{BuildHasher, RandomState};

use universal_worker_abi::TraceContext;

/// What a client attached to a run; shown in reports and log lines.
///
/// Boxed in a run, of which most have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(crate) label: Option<String>,
    pub(crate) trace: Option<TraceContext>,
}

/// Which runs belong to a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tracing {
    /// Those whose request has a valid `traceparent`.
    #[default]
    Auto,
    /// All: a run without one begins a trace.
    Always,
}

/// Characters of a label.
const MAX_LABEL: usize = 200;

impl Tags {
    /// The tags, unless there are none.
    pub(crate) fn boxed(label: Option<String>, trace: Option<TraceContext>) -> Option<Box<Self>> {
        (label.is_some() || trace.is_some()).then(|| Box::new(Self { label, trace }))
    }

    /// Bytes that they hold.
    pub(crate) fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let trace = self.trace.as_ref();
        let trace = trace.map_or(0, |trace| trace.traceparent.len() + length(&trace.tracestate));
        size_of::<Self>() + length(&self.label) + trace
    }
}

impl Tracing {
    /// Begins a trace for a run that has none and needs one.
    pub(crate) fn complete(self, tags: Option<Box<Tags>>) -> Option<Box<Tags>> {
        match self {
            Self::Auto => tags,
            Self::Always => {
                let mut tags = tags.unwrap_or_default();
                tags.trace.get_or_insert_with(begin);
                Some(tags)
            }
        }
    }
}

/// A new trace, marked as sampled: a host that traces all runs wants the spans of the plugin, and
/// the samplers of OpenTelemetry drop those below a parent that is not.
fn begin() -> TraceContext {
    let [high, low, span] = [0, 1, 2].map(random);
    TraceContext::new(format!("00-{high:016x}{low:016x}-{span:016x}-01"))
}

/// A random number other than zero, which is invalid as an id.
///
/// The standard library seeds each state of a hasher differently, at random in the first place.
fn random(number: u64) -> u64 {
    RandomState::new().hash_one(number).max(1)
}

/// Reads a label; `None` if it is not 1 to 200 printable characters in UTF-8.
pub(crate) fn label(value: &[u8]) -> Option<String> {
    let label = str::from_utf8(value).ok()?;
    let is_valid = (1..=MAX_LABEL).contains(&label.chars().count());
    (is_valid && label.chars().all(is_printable)).then(|| label.to_owned())
}

/// Whether a character neither ends a line, nor drives a terminal, nor reorders the text around it
/// (Unicode, bidirectional formatting).
fn is_printable(character: char) -> bool {
    let breaks_line = matches!(character, '\u{2028}' | '\u{2029}');
    let reorders = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !character.is_control() && !breaks_line && !reorders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_1_to_200_printable_characters() {
        let longest = "é".repeat(MAX_LABEL);
        for text in ["a", "nightly batch", "\"quoted\" \\ = :", "日本語", "e\u{301}", &longest] {
            assert_eq!(label(text.as_bytes()).as_deref(), Some(text));
        }
        for text in ["", "a\tb", "a\nb", "\u{1b}[31m", "\u{85}", "a\u{2028}b", "\u{202e}a"] {
            assert_eq!(label(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(label("x".repeat(MAX_LABEL + 1).as_bytes()), None);
        assert_eq!(label(b"\xff"), None);
    }

    #[test]
    fn a_trace_begins_only_where_none_came_and_one_is_needed() {
        assert_eq!(Tracing::Auto.complete(None), None);
        let made = Tracing::Always.complete(None).unwrap();
        assert!(made.trace.is_some() && made.label.is_none());
        let came = Tags::boxed(None, Some(TraceContext::new("00-1-2-00")));
        assert_eq!(Tracing::Always.complete(came.clone()), came);
        let labeled = Tags::boxed(Some("a".to_owned()), None);
        let made = Tracing::Always.complete(labeled).unwrap();
        assert!(made.trace.is_some() && made.label.as_deref() == Some("a"));
    }
}
