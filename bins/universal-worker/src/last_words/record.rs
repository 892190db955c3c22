//! The line and the record, written where no memory can be taken.

use std::fmt::Write;
use std::time::Duration;

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
    let _ = write!(line, " in plugin {}:{}, thread ", subject.module, subject.class);
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
    let _ = write!(record, ",\"stack_overflow\":{overflow},\"plugin\":{module_json}");
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
    let _ = write!(record, "\",\"pid\":{},\"at\":\"", crash.pid);
    push_time(record, crash.at);
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

/// RFC 3339, to the millisecond.
fn push_time<const N: usize>(text: &mut Text<N>, since: Duration) {
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let (second, millisecond) = (second % 60, since.subsec_millis());
    let _ = write!(
        text,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    );
}

/// The date of a day since 1970, by Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::Value;

    use super::*;

    fn subject() -> Subject {
        Subject {
            module: "./lib\"m.so".to_owned(),
            class: "C".to_owned(),
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

    #[test]
    fn a_time_is_that_of_the_calendar() {
        for seconds in [0, 951_782_399, 951_782_400, 1_709_164_800, 4_102_444_799, 32_503_679_999] {
            let mut text = Text::<32>::new();
            push_time(&mut text, Duration::from_secs(seconds));
            let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let expected = humantime::format_rfc3339_millis(expected).to_string();
            assert_eq!(text.bytes(), expected.as_bytes());
        }
    }
}
