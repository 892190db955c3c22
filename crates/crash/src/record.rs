//! The record of a crash: one JSON object.
//!
//! It is written without allocating, and therefore not with the encoder that writes all other JSON.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use universal_worker_process::FixedText;

use crate::{Prepared, activity, opened};

pub(super) const RECORD: usize = 32 * 1024;

/// What the handler knows about a crash.
pub(super) struct Crash<'a> {
    pub(super) signal: &'static str,
    /// `None` for a signal that was sent.
    pub(super) address: Option<usize>,
    /// The process that sent the signal, if it is another one.
    pub(super) sender: Option<i32>,
    pub(super) is_overflow: bool,
    /// Whether exit(3) was called.
    pub(super) is_exit: bool,
    pub(super) thread: Thread<'a>,
    pub(super) pid: u32,
    /// Time since the Unix epoch.
    pub(super) at: Duration,
    /// The file that was being loaded.
    pub(super) loading: Option<&'a str>,
    /// Whether the library's file has changed since it was loaded.
    pub(super) library_changed: bool,
}

/// The thread that crashed, and its name.
#[derive(Clone, Copy)]
pub(super) enum Thread<'a> {
    /// It runs only the worker's own code.
    Worker(&'a [u8]),
    /// The worker runs code of the plugin on it.
    Lane(&'a [u8]),
    /// The plugin has started it; `None` if its name is that of the thread that did.
    OfPlugin(Option<&'a [u8]>),
}

/// A frame of the stack.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) address: usize,
    /// Its file, and the offset in that file.
    pub(super) module: Option<(&'a [u8], usize)>,
}

/// Writes the record without a backtrace. In place, since it may be larger than a handler's stack.
pub(super) fn begin(record: &mut FixedText<RECORD>, crash: &Crash<'_>, subject: &Prepared) {
    record.clear();
    let _ = write!(record, "{{\"signal\":\"{}\",\"address\":", crash.signal);
    match crash.address {
        Some(address) => drop(write!(record, "\"{address:#x}\"")),
        None => record.push(b"null"),
    }
    let module = &subject.module;
    let class = opened().map_or(subject.class.as_str(), |opened| &opened.json);
    let overflow = crash.is_overflow;
    let exit = crash.is_exit;
    let _ = write!(record, ",\"stack_overflow\":{overflow},\"exit\":{exit}");
    let _ = write!(record, ",\"plugin\":{module}");
    let _ = write!(record, ",\"class\":{class},\"runs\":[");
    let mut first = true;
    activity::each(|name| {
        if record.room() > RECORD / 2 {
            record.push(if first { b"\"" } else { b",\"" });
            record.push(name);
            record.push(b"\"");
        }
        first = false;
    });
    record.push(b"],\"thread\":\"");
    let (name, in_worker) = match crash.thread {
        Thread::Worker(name) => (name, true),
        Thread::Lane(name) => (name, false),
        Thread::OfPlugin(name) => (name.unwrap_or(b"a thread of the plugin"), false),
    };
    record.push_json(name, RECORD / 4);
    let changed = crash.library_changed;
    let _ = write!(record, "\",\"in_worker\":{in_worker},\"library_changed\":{changed}");
    // The crate formats it on the stack; a time after the year 9999 is omitted.
    let at = humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + crash.at);
    let _ = write!(record, ",\"pid\":{},\"at\":\"{at}", crash.pid);
    record.push(b"\",\"backtrace\":[");
    record.push(END);
}

/// The end of the list of frames, and of the record.
const END: &[u8] = b"]}\n";

/// Room for what follows the module of a frame.
const AFTER_MODULE: usize = 64;

/// Adds a frame; the record is complete JSON after each.
pub(super) fn push_frame(record: &mut FixedText<RECORD>, frame: &Frame<'_>, is_first: bool) {
    if record.room() < 1024 {
        return;
    }
    record.truncate_by(END.len());
    if !is_first {
        record.push(b",");
    }
    let _ = write!(record, "{{\"address\":\"{:#x}\",", frame.address);
    match frame.module {
        None => record.push(b"\"module\":null,\"offset\":null}"),
        Some((module, offset)) => {
            record.push(b"\"module\":\"");
            record.push_json(module.get(..512).unwrap_or(module), AFTER_MODULE);
            let _ = write!(record, "\",\"offset\":\"{offset:#x}\"}}");
        }
    }
    record.push(END);
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::Value;

    use super::*;

    pub(crate) fn subject() -> Prepared {
        Prepared {
            label_has_class: true,
            label: "./lib\"m.so:C".to_owned(),
            module: "\"./lib\\\"m.so\"".to_owned(),
            class: "\"C\"".to_owned(),
            record: None,
        }
    }

    pub(crate) fn crash() -> Crash<'static> {
        Crash {
            signal: "SIGSEGV",
            address: Some(8),
            sender: None,
            is_overflow: false,
            is_exit: false,
            thread: Thread::Lane(b"lane-\"0\xff"),
            pid: 7,
            at: Duration::from_millis(1_767_323_045_678),
            loading: None,
            library_changed: false,
        }
    }

    #[test]
    fn the_record_is_json_with_any_number_of_frames() {
        let mut record = FixedText::new();
        begin(&mut record, &crash(), &subject());
        let parsed = |record: &FixedText<RECORD>| -> Value {
            serde_json::from_slice(record.bytes()).unwrap()
        };
        let value = parsed(&record);
        assert_eq!(value["signal"], "SIGSEGV");
        assert_eq!(value["address"], "0x8");
        assert_eq!(value["plugin"], "./lib\"m.so");
        assert_eq!(value["thread"], "lane-\"0\u{fffd}");
        assert_eq!(value["at"], "2026-01-02T03:04:05.678Z");
        assert_eq!(value["in_worker"], false);
        assert_eq!(value["library_changed"], false);
        assert_eq!(value["backtrace"], serde_json::json!([]));
        let modules = [[b'm'; 3000], [b'"'; 3000], [b'\x01'; 3000]];
        for number in 0..1000 {
            let module = modules.get(number % 4).map(|module| (&module[..], number));
            push_frame(&mut record, &Frame { address: number, module }, number == 0);
            let value = parsed(&record);
            let frames = value["backtrace"].as_array().unwrap();
            assert!(frames.len() == number + 1 || record.room() < 1024, "{number}");
        }
    }
}
