//! What a process uses, from proc(5).

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

/// The CPU time of all threads that the process has now.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let of_task = |task: PathBuf| {
        let text = fs::read_to_string(task.join("schedstat"))?;
        // The first field is the time on a CPU in nanoseconds.
        first_number(&text).map(Duration::from_nanos)
    };
    tasks(pid)?.into_iter().map(of_task).sum()
}

/// How often the threads of the process have left a CPU.
pub(crate) fn context_switches(pid: u32) -> io::Result<u64> {
    let of_task = |task: PathBuf| {
        let status = fs::read_to_string(task.join("status"))?;
        Ok(field(&status, "voluntary_ctxt_switches:")?
            + field(&status, "nonvoluntary_ctxt_switches:")?)
    };
    tasks(pid)?.into_iter().map(of_task).sum()
}

/// The resident memory of the process in bytes.
pub(crate) fn resident_bytes(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(field(&status, "VmRSS:")? * 1024)
}

/// The number of threads of the process.
pub(crate) fn threads(pid: u32) -> io::Result<usize> {
    Ok(tasks(pid)?.len())
}

fn tasks(pid: u32) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(format!("/proc/{pid}/task"))?.map(|task| Ok(task?.path())).collect()
}

/// The number in the line that begins with `name`.
fn field(status: &str, name: &str) -> io::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    first_number(line.unwrap_or_default())
}

fn first_number(text: &str) -> io::Result<u64> {
    let number = text.split_ascii_whitespace().next().and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::Error::other("a file of /proc lacks a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let pid = std::process::id();
        assert!(cpu_time(pid).unwrap() > Duration::ZERO);
        assert!(context_switches(pid).unwrap() > 0);
        assert!(resident_bytes(pid).unwrap() > 100_000);
        assert!(threads(pid).unwrap() >= 1);
    }

    #[test]
    fn a_field_is_a_whole_name() {
        let status = "voluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n";
        assert_eq!(field(status, "voluntary_ctxt_switches:").unwrap(), 3);
        assert_eq!(field(status, "nonvoluntary_ctxt_switches:").unwrap(), 4);
        assert!(field(status, "VmRSS:").is_err());
    }
}
