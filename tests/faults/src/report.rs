//! Writes the table into a document, with the machine that it was measured on.

use std::error::Error;
use std::path::Path;
use std::time::SystemTime;
use std::{fs, thread};

const BEGIN: &str = "<!-- faults: begin -->";
const END: &str = "<!-- faults: end -->";

/// Replaces the table between the marks of a document.
pub(crate) fn write(file: &Path, times: usize, lines: &[String]) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let between = |text: &str| {
        let (before, rest) = text.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some((before.to_owned(), after.to_owned()))
    };
    let (before, after) = between(&text).ok_or("the document has no marks for the table")?;
    let made = format!("Each fault {times} times, on {}.", machine()?);
    let table = lines.join("\n");
    fs::write(file, format!("{before}{BEGIN}\n{made}\n\n{table}\n{END}{after}"))?;
    Ok(())
}

fn machine() -> Result<String, Box<dyn Error>> {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date = now.split('T').next().unwrap_or_default();
    let cores = thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|line| line.split_once(':')).map_or("", |(_, model)| model.trim());
    let architecture = std::env::consts::ARCH;
    Ok(format!("{date}: {cores} cores ({architecture} {model}), Linux {kernel}"))
}
