//! A handler that was installed before gets the signal after the report.
//!
//! The test program starts itself again as the process that crashes.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which a failed step fails")]
#![allow(unsafe_code, reason = "installs a signal handler and crashes")]

use std::ffi::c_int;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::{env, mem, ptr};

use universal_worker_crash as crash;
use universal_worker_crash::{AfterCrash, Subject};

/// The variable that selects how the process crashes.
const ROLE: &str = "FORMER_HANDLER_ROLE";

const LINE: &str = "the former handler\n";

extern "C" fn former(_signal: c_int) {
    // SAFETY: write(2) gets as many bytes as there are.
    unsafe { libc::write(2, LINE.as_ptr().cast(), LINE.len()) };
}

/// Not a test, but the process that the tests start.
#[test]
fn crashing() {
    let Ok(role) = env::var(ROLE) else { return };
    // SAFETY: a zeroed sigaction is valid, and the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = former as extern "C" fn(_) as usize;
        libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut());
        libc::sigaction(libc::SIGABRT, &raw const action, ptr::null_mut());
    }
    let subject = Subject {
        label: "p".to_owned(),
        module: "p".to_owned(),
        class: None,
        record: env::var_os("FORMER_HANDLER_RECORD").map(Into::into),
    };
    let after =
        if role == "default" { AfterCrash::DefaultAction } else { AfterCrash::FormerHandler };
    crash::install(subject.clone(), after).unwrap();
    crash::install(subject, after).unwrap();
    // SAFETY: the process is meant to crash.
    unsafe {
        match role.as_str() {
            "sent" => drop(libc::raise(libc::SIGSEGV)),
            "abort" => libc::abort(),
            // Nobody has installed a handler for this one.
            "no-handler" => drop(libc::raise(libc::SIGBUS)),
            _ => drop(ptr::without_provenance::<u8>(8).read_volatile()),
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(60));
}

fn crash_as(role: &str) -> (Output, String) {
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(["--exact", "crashing"]).env(ROLE, role).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

#[test]
fn the_former_handler_comes_after_the_report() {
    for (role, signal) in
        [("fault", libc::SIGSEGV), ("sent", libc::SIGSEGV), ("abort", libc::SIGABRT)]
    {
        let (output, stderr) = crash_as(role);
        let report = stderr.find("FATAL: SIG").expect(&stderr);
        let backtrace = stderr.find("\n  ").expect(&stderr);
        let former = stderr.find(LINE).expect(&stderr);
        assert!(report < backtrace && backtrace < former, "{role}: {stderr}");
        assert_eq!(stderr.matches(LINE).count(), 1, "{role}: {stderr}");
        assert_eq!(output.status.signal(), Some(signal), "{role}: {stderr}");
    }
}

#[test]
fn the_default_action_skips_former_handlers() {
    let (output, stderr) = crash_as("default");
    assert!(stderr.contains("FATAL: SIGSEGV") && !stderr.contains(LINE), "{stderr}");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn without_a_former_handler_the_signal_takes_its_default_action() {
    let (output, stderr) = crash_as("no-handler");
    assert!(stderr.contains("FATAL: SIGBUS") && !stderr.contains(LINE), "{stderr}");
    assert_eq!(output.status.signal(), Some(libc::SIGBUS));
}
