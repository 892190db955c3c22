//! The output of a crash on stderr: one line, and another for each frame of the stack.

use std::fmt::Write;

use crate::record::{Crash, Frame};
use crate::text::Text;
use crate::{Prepared, activity};

/// A pipe that accepts any bytes accepts this many at once (PIPE_BUF, pipe(7)).
pub(super) const LINE: usize = 4096;

/// The line that names the crash, its location, and the current activities.
pub(super) fn line(crash: &Crash<'_>, subject: &Prepared) -> Text<LINE> {
    let mut line = Text::new();
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
    let _ = write!(line, " in plugin {}, thread ", subject.label);
    line.push(crash.thread);
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
    line.push(b"\n");
    line
}

/// A frame of the stack, on a separate line.
pub(super) fn frame_line(frame: &Frame<'_>) -> Text<640> {
    let mut line = Text::new();
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

    #[test]
    fn a_crash_while_loading_names_the_file() {
        let crash = Crash { loading: Some("/plugins/libm.so"), ..crash() };
        let line = line(&crash, &subject());
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        let end = "(while loading /plugins/libm.so, which may be damaged)\n";
        assert!(text.ends_with(end) && text.lines().count() == 1, "{text}");
    }
}
