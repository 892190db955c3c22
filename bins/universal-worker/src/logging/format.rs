//! How a record becomes a line.

use std::borrow::Cow;
use std::time::SystemTime;

use log::kv::Key;
use serde::Serialize;

use crate::cli::LogFormat;

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
            target: record.target().to_owned().into(),
            run: run.map(|run| run.to_string()),
            message: record.args().to_string(),
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
            LogFormat::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
            LogFormat::Text => {
                let Self { time, level, target, run, message } = self;
                let run = run.as_ref().map(|run| format!(" run={run}")).unwrap_or_default();
                // Indented, so that no message can look like a line of its own.
                let message = message.replace('\n', "\n    ").replace('\r', "");
                format!("{time} {level:<5} {target}{run}: {message}\n")
            }
        }
    }
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
}
