//! The report for people, in 80 columns; programs read the JSON.

use std::collections::HashMap;
use std::fmt::Write;

use universal_worker_abi::ClassInfo;
use universal_worker_sanitize as sanitize;

use super::{End, Report, Run, schema};

const COLUMNS: usize = 80;

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    let heads = [
        ("file", &report.file),
        ("sha256", &report.sha256),
        ("interface", &Some(report.abi.clone())),
        ("compiler", &report.compiler),
        ("panic", &report.panic),
    ];
    for (name, value) in heads {
        if let Some(value) = value {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{name:<10} {}", sanitize::printable(value));
        }
    }
    let mut sections = Sections::default();
    report.classes.iter().for_each(|class| sections.add_class(&mut text, class));
    if let Some(run) = &report.run {
        add_run(&mut text, run);
    }
    text.trim_end().to_owned()
}

/// The sections printed so far, each with its class.
#[derive(Default)]
struct Sections(HashMap<String, String>);

impl Sections {
    fn add_class(&mut self, text: &mut String, info: &ClassInfo) {
        let cancel = if info.cancellable { "can be cancelled" } else { "cannot be cancelled" };
        let head = format!("{}: {} {}", info.class, info.name, info.version);
        let _ = writeln!(text, "\nclass {}", sanitize::one_line(&head));
        if !info.description.is_empty() {
            add_wrapped(text, "  ", "  ", &info.description);
        }
        let _ = writeln!(text, "  runs at once: {}, {cancel}", info.concurrency);
        self.add(text, info, "config", &schema::lines(&info.config_schema, &[]));
        let (title, lines) = arguments(info);
        self.add(text, info, title, &lines);
        self.add(text, info, "output", &schema::lines(&info.output_schema, &[]));
    }

    /// Adds a section, or a reference to an earlier class with the same one.
    fn add(&mut self, text: &mut String, info: &ClassInfo, title: &str, lines: &[String]) {
        let key = format!("{title}\n{}", lines.join("\n"));
        match self.0.get(&key) {
            Some(first) if !lines.is_empty() => {
                let _ = writeln!(text, "  {title}: as class {first}");
            }
            _ => {
                let _ = writeln!(text, "  {title}");
                lines.iter().for_each(|line| add_wrapped(text, "    ", "        ", line));
                self.0.insert(key, sanitize::one_line(&info.class));
            }
        }
    }
}

fn arguments(info: &ClassInfo) -> (&'static str, Vec<String>) {
    let lines = |order| schema::lines(&info.args_schema, order);
    match info.positional.as_deref() {
        Some([]) => ("arguments: none", Vec::new()),
        None if schema::is_null(&info.args_schema) => ("arguments: none", Vec::new()),
        Some(order) => ("arguments, by position in this order or by keyword", lines(order)),
        None => ("arguments, by keyword only", lines(&[])),
    }
}

fn add_wrapped(text: &mut String, first: &str, others: &str, line: &str) {
    let options = textwrap::Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(others)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let _ = writeln!(text, "{}", textwrap::fill(&sanitize::one_line(line), options));
}

fn add_run(text: &mut String, run: &Run) {
    let (class, milliseconds) = (sanitize::one_line(&run.class), run.seconds * 1e3);
    let _ = match &run.end {
        End::Result(result) => write!(text, "\nrun of {class}, {milliseconds:.3} ms:\n{result}"),
        End::Error(message) => {
            let message = sanitize::one_line(message);
            write!(text, "\nrun of {class}, {milliseconds:.3} ms, failed: {message}")
        }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn class(name: &str, args_schema: &Value, positional: &Value) -> ClassInfo {
        let info = json!({
            "class": name,
            "name": "na\nme",
            "version": "1",
            "description": "Says \u{1b}[31m\nmore.",
            "concurrency": 1,
            "cancellable": true,
            "positional": positional,
            "config_schema": {"properties": {"a\nb\u{1b}": {"type": "string"}}},
            "args_schema": args_schema,
            "output_schema": true,
        });
        // Parsed from text, because a schema keeps its spelling.
        serde_json::from_str(&info.to_string()).unwrap()
    }

    fn rendered(classes: Vec<ClassInfo>) -> String {
        let file = Some("a\n\u{1b}.so".to_owned());
        let (abi, sha256) = ("1.0.0".to_owned(), Some(String::new()));
        render(&Report { file, sha256, abi, panic: None, compiler: None, classes, run: None })
    }

    #[test]
    fn foreign_text_stays_on_its_lines() {
        let text = rendered(vec![class("C", &json!(true), &Value::Null)]);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        for line in ["class C: na me 1", "  Says \u{fffd}[31m more.", "    a b\u{fffd}: string"] {
            assert!(text.lines().any(|there| there == line), "{line} in {text}");
        }
    }

    #[test]
    fn a_class_without_arguments_says_so() {
        for (schema, positional) in
            [(json!({"type": "null"}), Value::Null), (json!({"type": "object"}), json!([]))]
        {
            let text = rendered(vec![class("C", &schema, &positional)]);
            assert!(text.contains("\n  arguments: none\n  output\n"), "{text}");
        }
    }

    #[test]
    fn sections_shared_by_classes_are_printed_once() {
        let classes = ["A", "B"].map(|name| class(name, &json!(true), &Value::Null));
        let text = rendered(classes.into());
        assert_eq!(text.matches("a b\u{fffd}: string").count(), 1, "{text}");
        assert!(text.contains("\n  config: as class A\n"), "{text}");
    }

    #[test]
    fn lines_have_at_most_80_columns() {
        let mut long = class("C", &json!(true), &Value::Null);
        long.description = "word ".repeat(100);
        let text = rendered(vec![long]);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
    }
}
