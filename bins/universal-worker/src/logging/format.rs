//! How a record becomes a line.

use std::borrow::Cow;
use std::time::SystemTime;

use log::kv::Key;
use serde::Serialize;
use universal_worker_json::Encoder;
use universal_worker_sanitize as sanitize;

use crate::cli::LogFormat;

/// In bytes, of what somebody logs and of where it says that it comes from; the rest is cut off.
const LONGEST_MESSAGE: usize = 64 * 1024;
const LONGEST_TARGET: usize = 256;

/// A line of the log.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    time: String,
    level: &'static str,
    target: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    message: String,
}

impl<'a> Line<'a> {
    pub(crate) fn of(record: &log::Record<'a>) -> Self {
        let run = record.key_values().get(Key::from_str("run"));
        Self {
            time: now(),
            level: record.level().as_str(),
            target: cut(record.target().to_owned(), LONGEST_TARGET).into(),
            run: run.map(|run| run.to_string()),
            message: cut(record.args().to_string(), LONGEST_MESSAGE),
        }
    }

    /// A line of the binary itself.
    pub(crate) fn ours(level: log::Level, message: &str) -> Self {
        Self {
            time: now(),
            level: level.as_str(),
            target: Cow::Borrowed("universal_worker"),
            run: None,
            message: message.to_owned(),
        }
    }

    /// With its line feed.
    pub(crate) fn render(&self, format: LogFormat) -> String {
        match format {
            LogFormat::Json => Encoder::compact().to_string(self).expect("it is text") + "\n",
            LogFormat::Text => {
                let Self { time, level, target, run, message } = self;
                let run = run.as_ref().map(|run| format!(" run={run}")).unwrap_or_default();
                let (target, message) = (sanitize::printable(target), harmless(message));
                format!("{time} {level:<5} {target}{run}: {message}\n")
            }
        }
    }
}

fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
    }
    text
}

/// Lines that look like none of their own, without what would steer a terminal.
fn harmless(message: &str) -> String {
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
            run: Some("17".to_owned()),
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_line_names_time_level_target_and_run() {
        assert_eq!(
            line("odd").render(LogFormat::Text),
            "2026-01-02T03:04:05.678Z WARN  plugin run=17: odd\n"
        );
        assert_eq!(
            line("odd").render(LogFormat::Json),
            r#"{"time":"2026-01-02T03:04:05.678Z","level":"WARN","target":"plugin","run":"17","message":"odd"}"#
                .to_owned()
                + "\n"
        );
    }

    #[test]
    fn a_message_cannot_forge_a_line() {
        let text = line("one\n2026 ERROR two").render(LogFormat::Text);
        assert!(text.ends_with("one\n    2026 ERROR two\n"), "{text}");
        assert_eq!(line("one\ntwo").render(LogFormat::Json).lines().count(), 1);
    }

    #[test]
    fn a_line_steers_no_terminal() {
        let mut line = line("\u{1b}[31mred\0\r\n\tmore");
        line.target = Cow::Borrowed("plugin\n\u{1b}");
        let text = line.render(LogFormat::Text);
        assert!(text.ends_with("\u{fffd}[31mred\u{fffd}\n    \tmore\n"), "{text:?}");
        assert!(text.contains("WARN  plugin\u{fffd}\u{fffd} run=17: "), "{text:?}");
    }

    #[test]
    fn a_line_is_not_longer_than_a_reader_can_bear() {
        let long = format!("x{}", "é".repeat(LONGEST_MESSAGE));
        let check = |line: &Line<'_>| {
            assert!(line.message.len() <= LONGEST_MESSAGE + 3 && line.message.ends_with("é…"));
            assert!(line.target.len() <= LONGEST_TARGET + 3 && line.target.ends_with("é…"));
        };
        let mut record = log::Record::builder();
        check(&Line::of(&record.target(&long).args(format_args!("{long}")).build()));
    }
}
