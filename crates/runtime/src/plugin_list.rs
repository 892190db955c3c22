//! A list of plugins (`--list`), each with what its inspection in a process of its own has said.

use std::fmt::Write;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use serde::{Deserialize, Serialize};
use universal_worker_json::Encoder;
use universal_worker_sanitize as sanitize;

use crate::inspect::ReportFormat;

/// The plugins found, and what is wrong with the places that were searched.
#[derive(Debug, Default, Serialize)]
pub struct PluginList {
    plugins: Vec<Plugin>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Plugin {
    name: String,
    file: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Classes(Vec<Class>),
    /// Why there are none.
    Error(String),
}

/// The part of an inspection's JSON that is listed.
#[derive(Debug, Deserialize)]
struct Report {
    classes: Vec<Class>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Class {
    class: String,
    version: String,
    description: String,
}

impl PluginList {
    /// Adds a plugin with the output of the process that has inspected it as JSON.
    pub fn add(&mut self, name: String, file: &Path, inspected: io::Result<Output>) {
        let content = match inspected {
            Ok(output) => Content::new(&output),
            Err(error) => Content::Error(format!("cannot be checked: {error}")),
        };
        self.plugins.push(Plugin { name, file: file.display().to_string(), content });
    }

    /// Adds what is wrong with a place that was searched, on one line.
    pub fn add_problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// The list as text for people or as one JSON object.
    #[must_use]
    pub fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Json => Encoder::compact().to_string(self).expect("text is JSON"),
            ReportFormat::Text => self.text(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for Plugin { name, file, content } in &self.plugins {
            let (name, file) = (sanitize::printable(name), sanitize::printable(file));
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{name:<20} {file}");
            match content {
                Content::Classes(classes) => classes.iter().for_each(|class| class.add(&mut text)),
                Content::Error(error) => {
                    let _ = writeln!(text, "  {error}");
                }
            }
        }
        if text.is_empty() {
            text.push_str("no plugins found; --plugin-dir names a folder\n");
        }
        for problem in &self.problems {
            let _ = writeln!(text, "{problem}");
        }
        text.trim_end().to_owned()
    }
}

impl Content {
    fn new(output: &Output) -> Self {
        let report: Result<Report, _> = serde_json::from_slice(&output.stdout);
        match report {
            Ok(Report { classes }) if output.status.success() => Self::Classes(classes),
            _ => Self::Error(failure(output)),
        }
    }
}

impl Class {
    fn add(&self, text: &mut String) {
        let head = sanitize::one_line(&format!("{} {}", self.class, self.version));
        let line = format!("  {head}  {}", sanitize::one_line(&self.description));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn failure(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rfind(|line| line.starts_with("FATAL: "));
    match (last, output.status.signal()) {
        (Some(line), _) => sanitize::one_line(line.trim_start_matches("FATAL: ")),
        (None, Some(signal)) => format!("crashes while it is loaded: signal {signal}"),
        (None, None) => format!("cannot be checked: {}", output.status),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    fn output(status: i32, stdout: &str, stderr: &str) -> io::Result<Output> {
        let status = ExitStatus::from_raw(status);
        Ok(Output { status, stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn each_plugin_has_its_classes_or_what_is_wrong() {
        let mut list = PluginList::default();
        assert!(list.render(ReportFormat::Text).starts_with("no plugins found"));
        let report = r#"{"classes":[{"class":"A","version":"1","description":"a\nb","more":1}]}"#;
        list.add("a".to_owned(), Path::new("/a.so"), output(0, report, ""));
        list.add("b".to_owned(), Path::new("/b.so"), output(256, "", "x\nFATAL: no\n"));
        list.add("c".to_owned(), Path::new("/c.so"), output(11, "", ""));
        list.add_problem("a problem".to_owned());
        let text = list.render(ReportFormat::Text);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let crash = "crashes while it is loaded: signal 11";
        assert!(lines[1].starts_with("A 1  a") && lines[3] == "no" && lines[5] == crash, "{text}");
        assert_eq!(lines.last(), Some(&"a problem"));
        let json = list.render(ReportFormat::Json);
        assert!(json.contains(r#""file":"/b.so","error":"no""#), "{json}");
        assert!(json.ends_with(r#""problems":["a problem"]}"#), "{json}");
    }
}
