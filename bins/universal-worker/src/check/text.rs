//! What a check tells people; programs read the JSON.

use std::fmt::Write;

use universal_worker_loader::ClassInfo;
use universal_worker_loader::LibraryInfo;

use super::End;
use super::Report;
use super::Run;
use super::schema;

pub(super) fn of(report: &Report) -> String {
    let LibraryInfo { abi, panic, compiler, classes } = &report.info;
    let (file, sha256) = (report.file.display(), &report.sha256);
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
    let arguments = match &info.positional {
        Some(names) if names.is_empty() => "arguments: none".to_owned(),
        Some(_) => "arguments, by position in this order or by keyword".to_owned(),
        None => "arguments, by keyword only".to_owned(),
    };
    // Writing to a string does not fail.
    let _ = writeln!(text, "\nclass {}: {} {}", info.class, info.name, info.version);
    if !info.description.is_empty() {
        let _ = writeln!(text, "  {}", info.description);
    }
    let _ = writeln!(text, "  runs at once: {}, {cancel}", info.concurrency);
    let positional = info.positional.as_deref().unwrap_or_default();
    for (title, schema, order) in [
        ("config", &info.config_schema, &[][..]),
        (arguments.as_str(), &info.args_schema, positional),
        ("output", &info.output_schema, &[]),
    ] {
        let _ = writeln!(text, "  {title}");
        for line in schema::lines(schema, order) {
            let _ = writeln!(text, "    {line}");
        }
    }
}

fn add_run(text: &mut String, run: &Run) {
    let (class, milliseconds) = (&run.class, run.seconds * 1e3);
    // As above.
    let _ = match &run.end {
        End::Result(result) => write!(text, "\nrun of {class}, {milliseconds:.3} ms:\n{result}"),
        End::Error(message) => {
            write!(text, "\nrun of {class}, {milliseconds:.3} ms, failed: {message}")
        }
    };
}
