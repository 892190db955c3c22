//! Formats a record as a line.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use log::kv::{Error, Key, Value, VisitSource};
use serde::Serialize;
use universal_worker_json::{Encoder, on_one_line};
use universal_worker_sanitize as sanitize;

use crate::Format;

/// In bytes; longer messages are cut.
const MAX_MESSAGE: usize = 64 * 1024;
const MAX_TARGET: usize = 256;
const MAX_RUN_FIELD: usize = 1024;

/// A line of the log.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    time: String,
    level: &'static str,
    target: Cow<'a, str>,
    #[serde(flatten)]
    run: Run,
    message: String,
}

/// What a record says of the run that it belongs to.
#[derive(Debug, Default, Serialize)]
struct Run {
    #[serde(rename = "run", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracestate: Option<String>,
}

impl<'a> Line<'a> {
    pub(crate) fn from_record(record: &log::Record<'a>) -> Self {
        let mut run = Run::default();
        // The visitor never fails.
        let _ = record.key_values().visit(&mut run);
        Self {
            time: now(),
            level: record.level().as_str(),
            target: cut(record.target().to_owned(), MAX_TARGET).into(),
            run,
            message: cut(record.args().to_string(), MAX_MESSAGE),
        }
    }

    /// A line of the worker itself.
    pub(crate) fn new(level: log::Level, message: &str) -> Self {
        Self {
            time: now(),
            level: level.as_str(),
            target: Cow::Borrowed("universal_worker"),
            run: Run::default(),
            message: message.to_owned(),
        }
    }

    /// The line with its line feed.
    pub(crate) fn render(&self, format: Format) -> String {
        match format {
            Format::Json => {
                let json = Encoder::compact().to_string(self).expect("text is JSON");
                on_one_line(&json).into_owned() + "\n"
            }
            Format::Text => {
                let Self { time, level, target, run, message } = self;
                let (target, message) = (sanitize::printable(target), continue_lines(message));
                format!("{time} {level:<5} {target}{run}: {message}\n")
            }
        }
    }
}

impl<'kvs> VisitSource<'kvs> for Run {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let field = match key.as_str() {
            "run" => &mut self.id,
            "label" => &mut self.label,
            "traceparent" => &mut self.traceparent,
            "tracestate" => &mut self.tracestate,
            _ => return Ok(()),
        };
        *field = Some(cut(value.to_string(), MAX_RUN_FIELD));
        Ok(())
    }
}

impl fmt::Display for Run {
    /// Text of a client is quoted, with its control characters as escapes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, label, traceparent, tracestate } = self;
        for (key, value) in [("run", id), ("traceparent", traceparent)] {
            if let Some(value) = value {
                write!(f, " {key}={}", sanitize::printable(value))?;
            }
        }
        for (key, value) in [("tracestate", tracestate), ("label", label)] {
            if let Some(value) = value {
                write!(f, " {key}={value:?}")?;
            }
        }
        Ok(())
    }
}

fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
    }
    text
}

/// Indents all lines but the first, so that none looks like a separate record, and replaces control
/// characters.
fn continue_lines(message: &str) -> String {
    let lines = message.split('\n').map(|line| {
        let parts: Vec<String> =
            line.replace('\r', "").split('\t').map(sanitize::printable).collect();
        parts.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n    ")
}

fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str) -> Line<'static> {
        Line {
            time: "2026-01-02T03:04:05.678Z".to_owned(),
            level: "WARN",
            target: Cow::Borrowed("plugin"),
            run: Run { id: Some("17".to_owned()), ..Run::default() },
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_line_has_time_level_target_and_run() {
        assert_eq!(
            line("odd").render(Format::Text),
            "2026-01-02T03:04:05.678Z WARN  plugin run=17: odd\n"
        );
        assert_eq!(
            line("odd").render(Format::Json),
            r#"{"time":"2026-01-02T03:04:05.678Z","level":"WARN","target":"plugin","run":"17","message":"odd"}"#
                .to_owned()
                + "\n"
        );
    }

    #[test]
    fn a_line_has_the_label_and_the_trace_of_its_run() {
        let pairs = [
            ("run", "17"),
            ("label", "a \"b\"\n2026 ERROR"),
            ("traceparent", "00-1-2-01"),
            ("tracestate", "a=1"),
            ("other", "x"),
        ];
        let mut record = log::Record::builder();
        let record = record.key_values(&pairs).args(format_args!("odd")).build();
        let line = Line::from_record(&record);
        let text = line.render(Format::Text);
        let expected =
            r#" run=17 traceparent=00-1-2-01 tracestate="a=1" label="a \"b\"\n2026 ERROR": odd"#;
        assert!(text.ends_with(&format!("{expected}\n")), "{text}");
        let json = line.render(Format::Json);
        let expected = r#""run":"17","label":"a \"b\"\n2026 ERROR","traceparent":"00-1-2-01","tracestate":"a=1","message":"odd"}"#;
        assert!(json.ends_with(&format!("{expected}\n")), "{json}");
    }

    #[test]
    fn a_message_cannot_forge_a_line() {
        let text = line("one\n2026 ERROR two").render(Format::Text);
        assert!(text.ends_with("one\n    2026 ERROR two\n"), "{text}");
        assert_eq!(line("one\ntwo").render(Format::Json).lines().count(), 1);
        assert!(line("a\u{85}b\u{2028}").render(Format::Json).is_ascii());
    }

    #[test]
    fn a_line_cannot_drive_a_terminal() {
        let mut line = line("\u{1b}[31mred\0\r\n\tmore");
        line.target = Cow::Borrowed("plugin\n\u{1b}");
        let text = line.render(Format::Text);
        assert!(text.ends_with("\u{fffd}[31mred\u{fffd}\n    \tmore\n"), "{text:?}");
        assert!(text.contains("WARN  plugin\u{fffd}\u{fffd} run=17: "), "{text:?}");
    }

    #[test]
    fn a_long_message_or_target_is_cut() {
        let long = format!("x{}", "é".repeat(MAX_MESSAGE));
        let check = |line: &Line<'_>| {
            assert!(line.message.len() <= MAX_MESSAGE + 3 && line.message.ends_with("é…"));
            assert!(line.target.len() <= MAX_TARGET + 3 && line.target.ends_with("é…"));
        };
        let mut record = log::Record::builder();
        check(&Line::from_record(&record.target(&long).args(format_args!("{long}")).build()));
    }
}
