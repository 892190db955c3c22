//! What the producer and the readers of a kept stream share, under its lock.

use std::task::Waker;

use bytes::Bytes;

use super::super::lines::Written;
use super::log::LineLog;
use super::{LinesError, StreamEnd};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) log: LineLog,
    pub(super) written: Written,
    pub(super) end: End,
    /// Why all lines were dropped, except for the client of the run.
    pub(super) discarded: Option<&'static str>,
    /// A producer waits for the progress of a reader.
    pub(super) is_awaited: bool,
    /// Bytes taken of the room.
    granted: usize,
    /// Bytes that may be held besides, until the stream has ended.
    allowance: usize,
    readers: Vec<Option<Slot>>,
    /// The least number of lines for which a reader waits.
    awaited_lines: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) enum End {
    #[default]
    Open,
    Complete {
        frame: Option<Bytes>,
    },
    Failed {
        line: Bytes,
    },
}

/// An attached reader.
#[derive(Debug)]
struct Slot {
    role: Role,
    /// Number of the line that it takes next.
    next: u64,
    waiting: Option<Waiting>,
}

/// Whose reader it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The client of the run, who gets every line, whatever becomes of the kept ones.
    Client,
    Other,
}

#[derive(Debug)]
struct Waiting {
    /// The number of lines at which it wakes.
    lines: u64,
    waker: Waker,
}

/// Readers to be woken once the lock is released; more than one allocates.
#[derive(Debug, Default)]
pub(super) struct Wakers {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl State {
    pub(super) fn new(allowance: usize) -> Self {
        Self { allowance, ..Self::default() }
    }

    pub(super) fn size(&self) -> usize {
        self.log.size() + self.end.size()
    }

    /// Bytes of the room that an open stream lacks for a line of `len` bytes, with its line feed.
    pub(super) fn short_of(&self, len: usize) -> usize {
        if self.log.has_space(len) {
            return 0;
        }
        self.log.size_with(len).saturating_sub(self.granted + self.allowance)
    }

    /// Appends a line; does not keep one for which there is neither room nor an attached reader.
    pub(super) fn append(&mut self, json: &[u8]) {
        self.written.add(json);
        let line = self.log.end();
        if self.short_of(json.len() + 1) > 0 && !self.is_needed_from(line + 1) {
            self.log.skip();
        } else {
            self.log.append(json);
        }
    }

    /// Adds to what was taken of the room; false if the stream needs no more.
    pub(super) fn grant(&mut self, bytes: usize) -> bool {
        // Without its allowance, it has what it keeps; a producer came too late.
        let can_use = self.allowance > 0;
        if can_use {
            self.granted += bytes;
        }
        can_use
    }

    /// Drops the oldest chunk; false if there is none that all attached readers have taken.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let end = self.log.end_of_oldest().filter(|end| !self.is_needed_from(*end));
        if end.is_some() {
            self.log.drop_oldest();
        }
        end.is_some()
    }

    /// Whether an attached reader has yet to take a line below `end`.
    fn is_needed_from(&self, end: u64) -> bool {
        self.readers.iter().flatten().any(|reader| reader.next < end && self.serves(reader.role))
    }

    fn serves(&self, role: Role) -> bool {
        self.discarded.is_none() || role == Role::Client
    }

    pub(super) fn end(&mut self, end: End) {
        self.end = end;
        self.log.seal();
    }

    /// Drops all lines that the client of the run does not need; returns the bytes to give back.
    pub(super) fn discard(&mut self, reason: &'static str) -> usize {
        self.discarded.get_or_insert(reason);
        self.allowance = 0;
        self.trim()
    }

    /// Bytes that an ended stream holds besides what was taken of the room.
    pub(super) fn unsettled(&self) -> usize {
        match self.discarded {
            None => self.size().saturating_sub(self.granted),
            Some(_) => 0,
        }
    }

    /// Ends the allowance of an ended stream; returns the bytes to give back.
    pub(super) fn settle(&mut self) -> usize {
        self.allowance = 0;
        self.trim()
    }

    /// Drops what only readers needed that have taken it; returns the bytes to give back.
    pub(super) fn trim(&mut self) -> usize {
        if self.discarded.is_some() {
            self.trim_discarded();
        }
        while self.size() > self.granted + self.allowance && self.drop_oldest() {}
        // An open stream is about to need what it has.
        if self.allowance > 0 {
            return 0;
        }
        let spare = self.granted.saturating_sub(self.size());
        self.granted -= spare;
        spare
    }

    /// Drops what only the client of the run needed, and has taken; everything once it has left.
    fn trim_discarded(&mut self) {
        while self.drop_oldest() {}
        if !self.readers.iter().flatten().any(|reader| reader.role == Role::Client) {
            self.end = End::Complete { frame: None };
        }
    }

    /// Adds a reader and returns its slot.
    pub(super) fn attach(&mut self, from: u64, role: Role) -> Result<usize, LinesError> {
        self.check(from, role)?;
        if from < self.log.first() {
            return Err(LinesError::Dropped { first: self.log.first() });
        }
        let free = self.readers.iter().position(Option::is_none);
        let slot = free.unwrap_or_else(|| {
            self.readers.push(None);
            self.readers.len() - 1
        });
        self.readers[slot] = Some(Slot { role, next: from, waiting: None });
        Ok(slot)
    }

    pub(super) fn detach(&mut self, slot: usize) {
        self.readers[slot] = None;
    }

    /// Whether line `from` is still possible for such a reader.
    pub(super) fn check(&self, from: u64, role: Role) -> Result<(), LinesError> {
        let lines = self.log.end();
        match (self.discarded, &self.end) {
            (Some(reason), _) if !self.serves(role) => Err(LinesError::Discarded { reason }),
            (_, End::Complete { .. } | End::Failed { .. }) if from > lines => {
                Err(LinesError::BeyondEnd { lines })
            }
            _ => Ok(()),
        }
    }

    /// Records the line that a reader takes next.
    pub(super) fn advance(&mut self, slot: usize, next: u64) {
        if let Some(reader) = &mut self.readers[slot] {
            reader.next = next;
        }
    }

    /// Wakes a reader at a number of lines, or at the end.
    pub(super) fn wake_at(&mut self, lines: u64, slot: usize, waker: &Waker) {
        let Some(reader) = &mut self.readers[slot] else { return };
        match &mut reader.waiting {
            Some(waiting) => {
                waiting.lines = lines;
                waiting.waker.clone_from(waker);
            }
            empty => *empty = Some(Waiting { lines, waker: waker.clone() }),
        }
        self.awaited_lines = Some(self.awaited_lines.map_or(lines, |least| least.min(lines)));
    }

    /// The readers that now have what they wait for.
    pub(super) fn wakers(&mut self) -> Wakers {
        let mut wakers = Wakers::default();
        let is_open = matches!(self.end, End::Open) && self.discarded.is_none();
        let lines = self.log.end();
        if self.awaited_lines.is_none_or(|least| is_open && least > lines) {
            return wakers;
        }
        self.awaited_lines = None;
        for reader in self.readers.iter_mut().flatten() {
            match reader.waiting.take() {
                Some(waiting) if is_open && waiting.lines > lines => {
                    let least = self.awaited_lines.unwrap_or(u64::MAX);
                    self.awaited_lines = Some(least.min(waiting.lines));
                    reader.waiting = Some(waiting);
                }
                Some(waiting) => wakers.add(waiting.waker),
                None => {}
            }
        }
        wakers
    }
}

impl End {
    fn size(&self) -> usize {
        match self {
            Self::Complete { frame: Some(text) } | Self::Failed { line: text } => text.len(),
            Self::Open | Self::Complete { frame: None } => 0,
        }
    }
}

impl From<StreamEnd> for End {
    fn from(end: StreamEnd) -> Self {
        let line = |mut text: Vec<u8>| {
            text.reserve_exact(1);
            text.push(b'\n');
            Bytes::from(text)
        };
        match end {
            StreamEnd::Complete { frame } => Self::Complete { frame: frame.map(line) },
            StreamEnd::Failed { line: text } => Self::Failed { line: line(text) },
        }
    }
}

impl Wakers {
    fn add(&mut self, waker: Waker) {
        match &self.first {
            None => self.first = Some(waker),
            Some(_) => self.others.push(waker),
        }
    }

    pub(super) fn wake(self) {
        self.first.into_iter().chain(self.others).for_each(Waker::wake);
    }
}
