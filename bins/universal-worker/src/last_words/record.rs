//! The line and the record, written where no memory can be taken; so not by the encoder, which
//! writes all other JSON.

use std::fmt::Write;
use std::time::Duration;
use std::time::SystemTime;

use crate::last_words::Subject;
use crate::last_words::running::RUNNING;
use crate::last_words::text::Text;

/// A pipe that has room at all takes as much at once (PIPE_BUF, pipe(7)).
pub(super) const LINE: usize = 4096;
pub(super) const RECORD: usize = 32 * 1024;

/// What the handler knows of a crash.
pub(super) struct Crash<'a> {
    pub(super) signal: &'static str,
    /// None for a signal that was sent.
    pub(super) address: Option<usize>,
    pub(super) is_overflow: bool,
    /// The plugin has called exit(3).
    pub(super) is_exit: bool,
    /// The name of the thread.
    pub(super) thread: &'a [u8],
    pub(super) pid: u32,
    /// Since 1970.
    pub(super) at: Duration,
}

/// A call on the stack.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) address: usize,
    /// The file that it is in, and where in it.
    pub(super) module: Option<(&'a [u8], usize)>,
}

pub(super) fn line(crash: &Crash<'_>, subject: &Subject) -> Text<LINE> {
    let mut line = Text::new();
    // Writing to it does not fail.
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
    let _ = write!(line, " in plugin {}, thread ", subject.plugin);
    line.push(crash.thread);
    line.push(b", running: ");
    let mut first = true;
    RUNNING.each(|name| {
        // The end must fit.
        if line.room() > 200 {
            line.push(if first { b"" } else { b", " });
            line.push(name);
        }
        first = false;
    });
    line.push(if first { b"nothing\n" } else { b"\n" });
    line
}

/// Writes the record as it is before there is a backtrace; in its place, since it is larger than a
/// handler's stack may be.
pub(super) fn begin(record: &mut Text<RECORD>, crash: &Crash<'_>, subject: &Subject) {
    record.clear();
    let _ = write!(record, "{{\"signal\":\"{}\",\"address\":", crash.signal);
    match crash.address {
        Some(address) => drop(write!(record, "\"{address:#x}\"")),
        None => record.push(b"null"),
    }
    let Subject { module_json, class_json, .. } = subject;
    let overflow = crash.is_overflow;
    let exit = crash.is_exit;
    let _ = write!(record, ",\"stack_overflow\":{overflow},\"exit\":{exit}");
    let _ = write!(record, ",\"plugin\":{module_json}");
    let _ = write!(record, ",\"class\":{class_json},\"runs\":[");
    let mut first = true;
    RUNNING.each(|name| {
        if record.room() > RECORD / 2 {
            record.push(if first { b"\"" } else { b",\"" });
            record.push(name);
            record.push(b"\"");
        }
        first = false;
    });
    record.push(b"],\"thread\":\"");
    push_string(record, crash.thread);
    // The crate writes it on the stack; a clock past the year 9999 leaves it out.
    let at = humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + crash.at);
    let _ = write!(record, "\",\"pid\":{},\"at\":\"{at}", crash.pid);
    record.push(b"\",\"backtrace\":[");
    record.push(END);
}

/// Of the list of frames, and of the record.
const END: &[u8] = b"]}\n";

/// Adds a frame to the backtrace; each may be the last one.
pub(super) fn push_frame(record: &mut Text<RECORD>, frame: &Frame<'_>, is_first: bool) {
    if record.room() < 1024 {
        return;
    }
    record.shorten(END.len());
    if !is_first {
        record.push(b",");
    }
    let _ = write!(record, "{{\"address\":\"{:#x}\",", frame.address);
    match frame.module {
        None => record.push(b"\"module\":null,\"offset\":null}"),
        Some((module, offset)) => {
            record.push(b"\"module\":\"");
            push_string(record, module.get(..512).unwrap_or(module));
            let _ = write!(record, "\",\"offset\":\"{offset:#x}\"}}");
        }
    }
    record.push(END);
}

/// The inside of a JSON string; what is not printable ASCII becomes a question mark.
fn push_string<const N: usize>(text: &mut Text<N>, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.push(&[b'\\', *byte]),
            b' '..=b'~' => text.push(&[*byte]),
            _ => text.push(b"?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn subject() -> Subject {
        Subject {
            plugin: "./lib\"m.so:C".to_owned(),
            module_json: "\"./lib\\\"m.so\"".to_owned(),
            class_json: "\"C\"".to_owned(),
            crash_file: None,
        }
    }

    fn crash() -> Crash<'static> {
        Crash {
            signal: "SIGSEGV",
            address: Some(8),
            is_overflow: false,
            is_exit: false,
            thread: b"lane-\"0\xff",
            pid: 7,
            at: Duration::from_millis(1_767_323_045_678),
        }
    }

    #[test]
    fn a_line_names_what_happened_and_where() {
        let line = line(&crash(), &subject());
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        assert!(text.starts_with("FATAL: SIGSEGV at 0x8 in plugin ./lib\"m.so:C, thread lane-"));
        assert!(text.ends_with("\n") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn a_record_is_json_with_any_number_of_frames() {
        let mut record = Text::new();
        begin(&mut record, &crash(), &subject());
        let parsed =
            |record: &Text<RECORD>| -> Value { serde_json::from_slice(record.bytes()).unwrap() };
        let value = parsed(&record);
        assert_eq!(value["signal"], "SIGSEGV");
        assert_eq!(value["address"], "0x8");
        assert_eq!(value["plugin"], "./lib\"m.so");
        assert_eq!(value["thread"], "lane-\"0?");
        assert_eq!(value["at"], "2026-01-02T03:04:05.678Z");
        assert_eq!(value["backtrace"], serde_json::json!([]));
        let module = [b'm'; 3000];
        for number in 0..1000 {
            let module = (number % 2 == 0).then_some((&module[..], number));
            push_frame(&mut record, &Frame { address: number, module }, number == 0);
            let value = parsed(&record);
            let frames = value["backtrace"].as_array().unwrap();
            assert!(frames.len() == number + 1 || record.room() < 1024, "{number}");
        }
    }
}
