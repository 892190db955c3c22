//! Debian packages that the parts use, installed where that is possible.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::venv;

/// A part, a program that it uses, and the package that has it.
const PROGRAMS: [(&str, &str, &str); 9] = [
    ("clients", "nc", "netcat-openbsd"),
    ("clients", "ncat", "ncat"),
    ("clients", "socat", "socat"),
    ("clients", "busybox", "busybox"),
    ("clients", "curl", "curl"),
    ("clients", "go", "golang-go"),
    ("browser", "chromium", "chromium"),
    ("attacks", "slowhttptest", "slowhttptest"),
    ("attacks", "wrk", "wrk"),
];

/// Installs what is missing for `parts`, or says in a line why it cannot.
pub(super) fn install(parts: &[&str]) {
    let used = PROGRAMS.iter().filter(|(part, ..)| parts.contains(part));
    let missing: Vec<_> = used
        .filter(|(_, program, _)| !is_installed(program))
        .map(|(.., package)| *package)
        .collect();
    if missing.is_empty() {
        return;
    }
    if let Err(why) = apt(&missing) {
        println!("cannot install {}: {why}", missing.join(", "));
    }
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn apt(packages: &[&str]) -> Result<(), Box<dyn Error>> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err("there is no apt-get".into());
    }
    if !is_root() {
        return Err("that needs root".into());
    }
    println!("installing {}", packages.join(", "));
    venv::quietly(&mut command("update"))?;
    venv::quietly(command("install").args(["--yes", "--no-install-recommends"]).args(packages))
}

fn command(task: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", task]);
    command
}

/// Whether the effective user of this process is root.
fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    users.and_then(|users| users.split_whitespace().nth(1)) == Some("0")
}
