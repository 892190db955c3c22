//! The output of a crash on stderr: one line, and another for each frame of the stack.

use std::ffi::CStr;
use std::fmt::Write;

use universal_worker_process::FixedText;

use crate::record::{Crash, Frame, Thread};
use crate::{Prepared, activity, opened};

/// A pipe that accepts any bytes accepts this many at once (PIPE_BUF, pipe(7)).
pub(super) const LINE: usize = 4096;

/// The line that names the crash, its location, and the current activities.
pub(super) fn line(crash: &Crash<'_>, subject: &Prepared) -> FixedText<LINE> {
    let mut line = FixedText::new();
    // Writing to it cannot fail.
    let _ = write!(line, "FATAL: {}", crash.signal);
    if let Some(address) = crash.address {
        let _ = write!(line, " at {address:#x}");
    }
    if crash.is_overflow {
        line.push(b" (the stack has overflowed)");
    }
    if crash.is_exit {
        line.push(b" (exit was called)");
    }
    if let Some(sender) = crash.sender {
        let _ = write!(line, " (sent by process {sender})");
    }
    push_place(&mut line, crash.thread, subject);
    line.push(b", running: ");
    let mut first = true;
    activity::each(|name| {
        // Leaves room for the end of the line.
        if line.room() > 600 {
            line.push(if first { b"" } else { b", " });
            line.push(name);
        }
        first = false;
    });
    if first {
        line.push(b"nothing");
    }
    if let Some(file) = crash.loading {
        let damaged = if crash.address.is_some() { ", which may be damaged" } else { "" };
        let _ = write!(line, " (while loading {file}{damaged})");
    }
    if crash.library_changed {
        line.push(
            b" (the library's file has changed since it was loaded: replace files by renaming, and \
            start a new worker)",
        );
    } else if let (Thread::Worker(_), None) = (crash.thread, crash.sender) {
        let version = env!("CARGO_PKG_VERSION");
        line.push(b" (a bug in the worker, unless the plugin has damaged its memory: ");
        let _ = write!(line, "report it with version {version})");
    }
    line.push(b"\n");
    line
}

/// Whose code crashed, and on which thread.
fn push_place(line: &mut FixedText<LINE>, thread: Thread<'_>, subject: &Prepared) {
    let in_plugin = |line: &mut FixedText<LINE>| {
        let class = opened().map_or("", |opened| &opened.suffix);
        let class = if subject.label_has_class { "" } else { class };
        let _ = write!(line, "plugin {}{class}", subject.label);
    };
    match thread {
        Thread::Worker(name) => {
            line.push(b" in the worker itself, thread ");
            line.push(name);
            line.push(b", with ");
            in_plugin(line);
        }
        Thread::Lane(name) => {
            line.push(b" in ");
            in_plugin(line);
            line.push(b", thread ");
            line.push(name);
        }
        Thread::OfPlugin(name) => {
            line.push(b" in ");
            in_plugin(line);
            line.push(b", a thread of the plugin");
            if let Some(name) = name {
                line.push(b" named ");
                line.push(name);
            }
        }
    }
}

/// The line about a record that cannot be written.
pub(super) fn no_record(path: &CStr) -> FixedText<640> {
    let mut line = FixedText::new();
    line.push(b"the crash record cannot be written to ");
    let path = path.to_bytes();
    line.push(path.get(..512).unwrap_or(path));
    line.push(b"\n");
    line
}

/// A frame of the stack, on a separate line.
pub(super) fn frame_line(frame: &Frame<'_>) -> FixedText<640> {
    let mut line = FixedText::new();
    // Writing to it cannot fail.
    let _ = write!(line, "  {:#018x}", frame.address);
    if let Some((module, offset)) = frame.module {
        line.push(b" ");
        line.push(module);
        let _ = write!(line, "+{offset:#x}");
    }
    line.push(b"\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{crash, subject};

    #[test]
    fn the_line_names_what_happened_and_where() {
        let line = line(&crash(), &subject());
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        assert!(text.starts_with("FATAL: SIGSEGV at 0x8 in plugin ./lib\"m.so:C, thread lane-"));
        assert!(text.ends_with("\n") && text.lines().count() == 1, "{text}");
    }

    #[track_caller]
    fn check(crash: &Crash<'_>, start: &str, end: &str) {
        let line = line(crash, &subject());
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        assert!(text.starts_with(start) && text.trim_end().ends_with(end), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn the_line_tells_whose_thread_crashed() {
        let on = |thread| Crash { thread, ..crash() };
        let plugin = "FATAL: SIGSEGV at 0x8 in plugin ./lib\"m.so:C, ";
        check(
            &on(Thread::OfPlugin(Some(b"decoder"))),
            &format!("{plugin}a thread of the plugin named decoder, running: "),
            "nothing",
        );
        let own = on(Thread::OfPlugin(None));
        check(&own, &format!("{plugin}a thread of the plugin, running: "), "nothing");
        let worker = on(Thread::Worker(b"io"));
        let version = format!("with version {})", env!("CARGO_PKG_VERSION"));
        let start = "in the worker itself, thread io, with plugin ./lib\"m.so:C, running: ";
        check(&worker, &format!("FATAL: SIGSEGV at 0x8 {start}"), &version);
        let sent = Crash { sender: Some(7), address: None, ..worker };
        check(&sent, &format!("FATAL: SIGSEGV (sent by process 7) {start}"), "nothing");
    }

    #[test]
    fn a_library_that_was_overwritten_is_the_cause() {
        let end = "since it was loaded: replace files by renaming, and start a new worker)";
        check(&Crash { library_changed: true, ..crash() }, "FATAL: SIGSEGV", end);
    }

    #[test]
    fn a_crash_while_loading_names_the_file() {
        let crash = Crash { loading: Some("/plugins/libm.so"), ..crash() };
        let line = line(&crash, &subject());
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        let end = "(while loading /plugins/libm.so, which may be damaged)\n";
        assert!(text.ends_with(end) && text.lines().count() == 1, "{text}");
    }
}
