//! Splits printed bytes into log lines, at a limited rate.

use std::time::{Duration, Instant};

/// In bytes; longer lines are split.
const MAX_LINE: usize = 8 * 1024;

/// Maximum number of lines logged per second; further lines are only counted.
const MAX_RATE: usize = 1000;
const SECOND: Duration = Duration::from_secs(1);

/// A standard stream, as the log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Printed text on its way to the log.
pub(crate) struct Lines {
    stream: Stream,
    /// The incomplete last line.
    partial: Vec<u8>,
    /// Who printed it; `None` if that is not known.
    printer: Option<Printer>,
    rate: Rate,
}

/// The run that prints, and what writes its lines to the log.
struct Printer {
    run: String,
    log: LogLine,
}

/// Writes a line to the log, as one of a run.
pub(crate) type LogLine = Box<dyn Fn(&str) + Send>;

#[derive(Debug, Default)]
struct Rate {
    /// The start of the second for which lines are counted.
    second: Option<Instant>,
    logged: usize,
    lost: u64,
}

impl Lines {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, partial: Vec::new(), printer: None, rate: Rate::default() }
    }

    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) {
        let (stream, printer) = (self.stream, self.printer.take());
        self.split(bytes, now, |line| log(stream, line, printer.as_ref()));
        self.printer = printer;
    }

    /// [`push`](Self::push) for bytes that a run printed; an empty id stands for no run.
    pub(crate) fn push_of(
        &mut self,
        bytes: &[u8],
        run: &str,
        log: impl FnOnce() -> LogLine,
        now: Instant,
    ) {
        if self.printer.as_ref().map_or("", |printer| &printer.run) != run {
            self.finish();
            let printer = || Printer { run: run.to_owned(), log: log() };
            self.printer = (!run.is_empty()).then(printer);
        }
        self.push(bytes, now);
    }

    /// Logs an incomplete line, and the number of lost lines.
    pub(crate) fn finish(&mut self) {
        let partial = std::mem::take(&mut self.partial);
        if !partial.is_empty() {
            log(self.stream, &String::from_utf8_lossy(&partial), self.printer.as_ref());
        }
        self.printer = None;
        if let Some(lost) = self.rate.take_lost() {
            log(self.stream, &lost, None);
        }
    }

    fn split(&mut self, bytes: &[u8], now: Instant, mut log: impl FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(MAX_LINE) {
                self.partial.extend(part);
                let is_complete = part.ends_with(b"\n");
                if is_complete || self.partial.len() >= MAX_LINE {
                    self.end_line(now, &mut log);
                }
            }
        }
    }

    fn end_line(&mut self, now: Instant, log: &mut impl FnMut(&str)) {
        if self.rate.start_second(now)
            && let Some(lost) = self.rate.take_lost()
        {
            log(&lost);
        }
        let line = String::from_utf8_lossy(&self.partial);
        let line = line.trim_end_matches(['\n', '\r']);
        // A crash ends lines of stderr that may have ended already.
        let is_nothing = line.is_empty() && self.stream == Stream::Stderr;
        if !is_nothing && self.rate.admits() {
            log(line);
        }
        self.partial.clear();
    }
}

impl Rate {
    fn start_second(&mut self, now: Instant) -> bool {
        let is_new = self.second.is_none_or(|second| now.duration_since(second) >= SECOND);
        if is_new {
            self.second = Some(now);
            self.logged = 0;
        }
        is_new
    }

    fn admits(&mut self) -> bool {
        let admitted = self.logged < MAX_RATE;
        if admitted {
            self.logged += 1;
        } else {
            self.lost += 1;
        }
        admitted
    }

    fn take_lost(&mut self) -> Option<String> {
        let lost = std::mem::take(&mut self.lost);
        (lost > 0).then(|| format!("({lost} lines lost: at most {MAX_RATE} are logged per second)"))
    }
}

/// Stderr has a higher level: what an author has seen so far is not to vanish from most logs.
fn log(stream: Stream, line: &str, printer: Option<&Printer>) {
    match (stream, printer) {
        (Stream::Stderr, _) => log::warn!(target: "stderr", "{line}"),
        (Stream::Stdout, None) => log::info!(target: "stdout", "{line}"),
        (Stream::Stdout, Some(printer)) => (printer.log)(line),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn logged(lines: &mut Lines, bytes: &[u8], now: Instant) -> Vec<String> {
        let mut logged = Vec::new();
        lines.split(bytes, now, |line| logged.push(line.to_owned()));
        logged
    }

    #[test]
    fn a_line_is_logged_once_it_is_complete() {
        let (mut lines, now) = (Lines::new(Stream::Stdout), Instant::now());
        assert_eq!(logged(&mut lines, b"one\ntw", now), ["one"]);
        assert_eq!(logged(&mut lines, b"o\r\n\n\xff", now), ["two", ""]);
        assert_eq!(logged(&mut lines, b"\n", now), ["\u{fffd}"]);
        assert!(lines.partial.is_empty());
    }

    #[test]
    fn a_line_without_an_end_is_split_at_the_limit() {
        let (mut lines, now) = (Lines::new(Stream::Stdout), Instant::now());
        let long = vec![b'x'; 3 * MAX_LINE + 1];
        let pieces = logged(&mut lines, &long, now);
        assert_eq!(pieces, ["x".repeat(MAX_LINE), "x".repeat(MAX_LINE), "x".repeat(MAX_LINE)]);
        assert_eq!(lines.partial.len(), 1);
    }

    #[test]
    fn a_line_belongs_to_the_run_that_printed_it() {
        let (mut lines, now) = (Lines::new(Stream::Stdout), Instant::now());
        let logged = Arc::new(Mutex::new(Vec::new()));
        let log = |run: &'static str| {
            let logged = Arc::clone(&logged);
            move || -> LogLine {
                Box::new(move |line| logged.lock().unwrap().push(format!("{run}: {line}")))
            }
        };
        lines.push_of(b"one\ntwo ", "a", log("a"), now);
        lines.push_of(b"more\nthree", "a", log("unused"), now);
        lines.push_of(b"four", "b", log("b"), now);
        lines.push_of(b"nobody's\n", "", log("unused"), now);
        assert_eq!(*logged.lock().unwrap(), ["a: one", "a: two more", "a: three", "b: four"]);
        lines.push_of(b"five", "a", log("a again"), now);
        lines.finish();
        assert_eq!(logged.lock().unwrap().last().unwrap(), "a again: five");
        assert_eq!(Arc::strong_count(&logged), 1, "the run is let go");
    }

    #[test]
    fn an_empty_line_is_one_of_stdout_only() {
        let now = Instant::now();
        assert_eq!(logged(&mut Lines::new(Stream::Stdout), b"\n\n", now).len(), 2);
        assert!(logged(&mut Lines::new(Stream::Stderr), b"\n\n", now).is_empty());
    }

    #[test]
    fn lines_beyond_the_rate_are_counted() {
        let (mut lines, now) = (Lines::new(Stream::Stdout), Instant::now());
        let flood = "x\n".repeat(MAX_RATE + 5);
        assert_eq!(logged(&mut lines, flood.as_bytes(), now).len(), MAX_RATE);
        let later = now + SECOND;
        let printed = logged(&mut lines, b"y\n", later);
        assert_eq!(printed, ["(5 lines lost: at most 1000 are logged per second)", "y"]);
        assert_eq!(logged(&mut lines, b"z\n", later), ["z"]);
    }
}
