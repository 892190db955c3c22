//! From bytes to lines of the log, as many as the log has room for.

use std::time::Duration;
use std::time::Instant;

/// A longer line becomes several.
const LONGEST: usize = 8 * 1024;

/// Lines that are logged in each second; more are counted.
const MOST: usize = 1000;
const SECOND: Duration = Duration::from_secs(1);

/// What is printed, on its way to the log.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// A line that has not come to its end.
    begun: Vec<u8>,
    rate: Rate,
}

#[derive(Debug, Default)]
struct Rate {
    /// When the second began of which lines are counted.
    second: Option<Instant>,
    logged: usize,
    lost: u64,
}

impl Lines {
    pub(super) fn take(&mut self, bytes: &[u8], now: Instant) {
        self.split(bytes, now, log);
    }

    /// Logs a line that has not come to its end, and what was lost.
    pub(super) fn end(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        if !begun.is_empty() {
            log(&String::from_utf8_lossy(&begun));
        }
        if let Some(told) = self.rate.told_lost() {
            log(&told);
        }
    }

    fn split(&mut self, bytes: &[u8], now: Instant, mut log: impl FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(LONGEST) {
                self.begun.extend(part);
                let is_whole = part.ends_with(b"\n");
                if is_whole || self.begun.len() >= LONGEST {
                    self.finish(now, &mut log);
                }
            }
        }
    }

    fn finish(&mut self, now: Instant, log: &mut impl FnMut(&str)) {
        if self.rate.new_second(now)
            && let Some(told) = self.rate.told_lost()
        {
            log(&told);
        }
        if self.rate.admits() {
            log(String::from_utf8_lossy(&self.begun).trim_end_matches(['\n', '\r']));
        }
        self.begun.clear();
    }
}

impl Rate {
    fn new_second(&mut self, now: Instant) -> bool {
        let is_new = self.second.is_none_or(|second| now.duration_since(second) >= SECOND);
        if is_new {
            self.second = Some(now);
            self.logged = 0;
        }
        is_new
    }

    fn admits(&mut self) -> bool {
        let admitted = self.logged < MOST;
        if admitted {
            self.logged += 1;
        } else {
            self.lost += 1;
        }
        admitted
    }

    fn told_lost(&mut self) -> Option<String> {
        let lost = std::mem::take(&mut self.lost);
        (lost > 0).then(|| format!("({lost} lines are lost: {MOST} are logged in a second)"))
    }
}

fn log(line: &str) {
    log::info!(target: "stdout", "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(lines: &mut Lines, bytes: &[u8], now: Instant) -> Vec<String> {
        let mut logged = Vec::new();
        lines.split(bytes, now, |line| logged.push(line.to_owned()));
        logged
    }

    #[test]
    fn a_line_is_logged_at_its_end_however_it_comes() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert_eq!(logged(&mut lines, b"one\ntw", now), ["one"]);
        assert_eq!(logged(&mut lines, b"o\r\n\n\xff", now), ["two", ""]);
        assert_eq!(logged(&mut lines, b"\n", now), ["\u{fffd}"]);
        assert!(lines.begun.is_empty());
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory_than_the_longest() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let long = vec![b'x'; 3 * LONGEST + 1];
        let pieces = logged(&mut lines, &long, now);
        assert_eq!(pieces, ["x".repeat(LONGEST), "x".repeat(LONGEST), "x".repeat(LONGEST)]);
        assert_eq!(lines.begun.len(), 1);
    }

    #[test]
    fn a_flood_is_counted() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let flood = "x\n".repeat(MOST + 5);
        assert_eq!(logged(&mut lines, flood.as_bytes(), now).len(), MOST);
        let later = now + SECOND;
        let told = logged(&mut lines, b"y\n", later);
        assert_eq!(told, ["(5 lines are lost: 1000 are logged in a second)", "y"]);
        assert_eq!(logged(&mut lines, b"z\n", later), ["z"]);
    }
}
