//! What a check tells people; programs read the JSON.

use std::fmt::Write;

use universal_worker_loader::ClassInfo;
use universal_worker_loader::LibraryInfo;
use universal_worker_sanitize as sanitize;

use super::End;
use super::Report;
use super::Run;
use super::schema;

pub(super) fn of(report: &Report) -> String {
    let LibraryInfo { abi, panic, compiler, classes } = &report.info;
    let (file, sha256) = (sanitize::printable(&report.file), &report.sha256);
    let [abi, panic, compiler] = [abi, panic, compiler].map(|text| sanitize::one_line(text));
    let mut text = format!(
        "file       {file}\nsha256     {sha256}\ninterface  {abi}\ncompiler   {compiler}\n\
         panic      {panic}\n"
    );
    classes.iter().for_each(|class| add_class(&mut text, class));
    if let Some(run) = &report.run {
        add_run(&mut text, run);
    }
    text.trim_end().to_owned()
}

fn add_class(text: &mut String, info: &ClassInfo) {
    let cancel = if info.cancellable { "can be cancelled" } else { "cannot be cancelled" };
    // Writing to a string does not fail.
    let _ = writeln!(text, "\nclass {}", head(info));
    if !info.description.is_empty() {
        let _ = writeln!(text, "  {}", sanitize::one_line(&info.description));
    }
    let _ = writeln!(text, "  runs at once: {}, {cancel}", info.concurrency);
    add_lines(text, "config", &schema::lines(&info.config_schema, &[]));
    let (title, lines) = arguments(info);
    add_lines(text, title, &lines);
    add_lines(text, "output", &schema::lines(&info.output_schema, &[]));
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

fn add_lines(text: &mut String, title: &str, lines: &[String]) {
    // As above.
    let _ = writeln!(text, "  {title}");
    for line in lines {
        let _ = writeln!(text, "    {}", sanitize::one_line(line));
    }
}

fn head(info: &ClassInfo) -> String {
    sanitize::one_line(&format!("{}: {} {}", info.class, info.name, info.version))
}

fn add_run(text: &mut String, run: &Run) {
    let (class, milliseconds) = (sanitize::one_line(&run.class), run.seconds * 1e3);
    // As above.
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
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    fn told(args_schema: &Value, positional: &Value) -> String {
        let info = json!({
            "abi": "1.0.0",
            "panic": "unwind",
            "compiler": "rustc",
            "classes": [{
                "class": "C",
                "name": "na\nme",
                "version": "1",
                "description": "Says \u{1b}[31m\nmore.",
                "concurrency": 1,
                "cancellable": true,
                "positional": positional,
                "config_schema": {"properties": {"a\nb\u{1b}": {"type": "string"}}},
                "args_schema": args_schema,
                "output_schema": true,
            }],
        });
        // As text, since a schema is kept as it is written.
        let info: LibraryInfo = serde_json::from_str(&info.to_string()).unwrap();
        of(&Report { file: "a\n\u{1b}.so".to_owned(), sha256: String::new(), info, run: None })
    }

    #[test]
    fn what_a_library_says_stays_on_its_lines() {
        let told = told(&json!(true), &Value::Null);
        assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
        for line in ["class C: na me 1", "  Says \u{fffd}[31m more.", "    a b\u{fffd}: string"] {
            assert!(told.lines().any(|told| told == line), "{line} in {told}");
        }
    }

    #[test]
    fn no_arguments_are_none() {
        for (schema, positional) in
            [(json!({"type": "null"}), Value::Null), (json!({"type": "object"}), json!([]))]
        {
            let told = told(&schema, &positional);
            assert!(told.contains("\n  arguments: none\n  output\n"), "{told}");
        }
    }
}
