//! Files that are a sequence of chunks: an id, a size and a body.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::errors::Error;

use super::extent::is_placeholder;
use super::id3;
use crate::audio::reason::Reason;

/// The ids of the chunks that hold the format of the sound, or the sound.
const ESSENTIAL: [Id; 5] = [*b"fmt ", *b"data", *b"COMM", *b"SSND", *b"desc"];

/// The ids of other chunks that are common in files with sound.
const COMMON: [Id; 34] = [
    *b"LIST", *b"list", *b"fact", *b"bext", *b"iXML", *b"id3 ", *b"ID3 ", *b"JUNK", *b"junk",
    *b"PAD ", *b"FLLR", *b"cue ", *b"smpl", *b"inst", *b"plst", *b"PEAK", *b"DISP", *b"_PMX",
    *b"axml", *b"chna", *b"ds64", *b"levl", *b"cart", *b"afsp", *b"FVER", *b"MARK", *b"COMT",
    *b"NAME", *b"AUTH", *b"ANNO", *b"APPL", *b"info", *b"free", *b"chan",
];

/// What a file begins with, of which several can be joined.
const FILES: [Id; 8] =
    [*b"RIFF", *b"RIFX", *b"RF64", *b"BW64", *b"riff", *b"FORM", *b"caff", *b".snd"];

/// The most chunks that are visited; a file can have millions of empty ones.
const MOST_CHUNKS: usize = 4096;

/// How far a search for a chunk goes, in bytes.
const SEARCH: u64 = 1 << 20;

/// The size of a chunk whose size is elsewhere, or nowhere.
const UNKNOWN: u64 = u32::MAX as u64;

/// The identifier of a chunk.
pub(super) type Id = [u8; 4];

/// The byte order of the integers in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The unsigned integer in up to eight bytes.
    pub(super) fn uint(self, bytes: &[u8]) -> u64 {
        let push = |value, byte: &u8| value << 8 | u64::from(*byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, push),
            Self::Big => bytes.iter().fold(0, push),
        }
    }
}

/// How the chunks of a format are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// RIFF, or with big-endian integers RIFX and AIFF.
    Riff(Order),
    /// The ids are GUIDs whose first four bytes are those of RIFF.
    Wave64,
    Caf,
}

impl Shape {
    /// The length of the id and the size.
    fn header(self) -> usize {
        match self {
            Self::Riff(_) => 8,
            Self::Wave64 => 24,
            Self::Caf => 12,
        }
    }

    /// A body is padded to a multiple of this number of bytes.
    fn alignment(self) -> u64 {
        match self {
            Self::Riff(_) => 2,
            Self::Wave64 => 8,
            Self::Caf => 1,
        }
    }

    /// The size of a body; an unknown size, which is negative, becomes very large.
    fn size(self, header: &[u8]) -> u64 {
        match self {
            Self::Riff(order) => order.uint(&header[4..8]),
            Self::Wave64 => Order::Little.uint(&header[16..24]).wrapping_sub(24),
            Self::Caf => Order::Big.uint(&header[4..12]),
        }
    }
}

/// A chunk, whose body may reach beyond the end of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) id: Id,
    /// The position of the body.
    pub(super) start: u64,
    /// The size of the body according to the header.
    pub(super) size: u64,
}

impl Chunk {
    fn is_known(&self) -> bool {
        [&ESSENTIAL[..], &COMMON, &FILES].iter().any(|ids| ids.contains(&self.id))
    }

    fn is_printable(&self) -> bool {
        self.id.iter().all(|byte| matches!(byte, b' '..=b'~'))
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

/// The chunks with the format of the sound, and with the sound.
pub(super) struct Essentials {
    pub(super) format: Option<Chunk>,
    pub(super) sound: Option<Chunk>,
}

impl Essentials {
    /// Both chunks, or why there is none; `outer` is the end of the file according to its first header.
    pub(super) fn both(self, outer: u64, length: u64) -> Result<(Chunk, Chunk), Reason> {
        match (self.format, self.sound) {
            (Some(format), Some(sound)) => Ok((format, sound)),
            _ if outer > length => Err(Reason::TruncatedHeader),
            (None, Some(_)) => Err(Error::DecodeError("the format of the sound is missing").into()),
            (_, None) => Err(Reason::NoTrack),
        }
    }
}

/// Reads the headers of the chunks of a file, and skips their bodies.
pub(super) struct Chunks {
    file: File,
    shape: Shape,
    /// The size of a `data` chunk whose own field has too few bits for it.
    large: Option<u64>,
    /// The position of the first chunk.
    first: u64,
    /// The length of the file.
    length: u64,
    /// The length of the file without the tags at its end.
    untagged: u64,
}

impl Chunks {
    /// Reads chunks from a position on.
    pub(super) fn new(mut file: File, shape: Shape, first: u64) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let untagged = id3::begin_of_last(&mut file, first, length)?;
        Ok(Self { file, shape, large: None, first, length, untagged })
    }

    /// The length of the file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The length of the file without the tags at its end.
    pub(super) fn untagged(&self) -> u64 {
        self.untagged
    }

    pub(super) fn into_file(self) -> File {
        self.file
    }

    /// Sets the size of a `data` chunk whose own field has all bits set.
    pub(super) fn set_large(&mut self, size: u64) {
        self.large = Some(size);
    }

    /// Finds the chunks without which there is no sound, in any order.
    pub(super) fn essentials(&mut self, format: Id, sound: Id) -> io::Result<Essentials> {
        Ok(Essentials { format: self.find_or_search(format)?, sound: self.find_or_search(sound)? })
    }

    /// The first chunk with an id. If the size of another one is wrong, a search may find it.
    fn find_or_search(&mut self, id: Id) -> io::Result<Option<Chunk>> {
        Ok(match self.find(id)? {
            Some(chunk) => Some(chunk),
            None => self.search(id)?,
        })
    }

    /// The first chunk with an id.
    pub(super) fn find(&mut self, id: Id) -> io::Result<Option<Chunk>> {
        let (mut next, mut padding) = (self.first, 0);
        for _ in 0..MOST_CHUNKS {
            let Some(chunk) = self.after(next, padding)? else { break };
            if chunk.id == id {
                return Ok(Some(chunk));
            }
            if chunk.end() > self.length {
                break;
            }
            next = chunk.end();
            padding = self.padding_of(&chunk);
        }
        Ok(None)
    }

    /// The position of another file, which begins with an id, behind the chunks of this one.
    pub(super) fn next_file(&mut self, id: Id) -> io::Result<Option<u64>> {
        let header = self.shape.header() as u64;
        Ok(self.find(id)?.map(|chunk| chunk.start - header))
    }

    /// The first chunk with an id, by a search near the beginning of the file.
    fn search(&mut self, id: Id) -> io::Result<Option<Chunk>> {
        let bytes = self.bytes(self.first, SEARCH)?;
        let places = (0..bytes.len()).filter(|place| bytes[*place..].starts_with(&id));
        let mut chunks =
            places.filter_map(|place| self.parse(&bytes[place..], self.first + place as u64));
        // Text can have the id, too. What follows would be a size of more than 500 MB.
        Ok(chunks.find(|chunk| chunk.end() <= self.length || is_placeholder(chunk.size)))
    }

    /// Bytes at a position; fewer if the file ends before.
    pub(super) fn bytes(&mut self, start: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        self.file.by_ref().take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether there are chunks from a position on to the end of the file.
    pub(super) fn follow(&mut self, mut at: u64, mut padding: u64) -> io::Result<bool> {
        for _ in 0..MOST_CHUNKS {
            let Some(chunk) = self.after(at, padding)? else { return Ok(false) };
            (at, padding) = (chunk.end(), self.padding_of(&chunk));
            // A size that leads exactly to the end of the file is no accident.
            let is_last = at <= self.length && at + padding >= self.untagged;
            if chunk.is_known() || is_last {
                return Ok(true);
            }
            if !chunk.is_printable() || at > self.length {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The number of bytes after the body of a chunk.
    pub(super) fn padding_of(&self, chunk: &Chunk) -> u64 {
        chunk.size.wrapping_neg() % self.shape.alignment()
    }

    /// The chunk after padding, or without it, if the writer forgot it.
    fn after(&mut self, end: u64, padding: u64) -> io::Result<Option<Chunk>> {
        let padded = self.at(end.saturating_add(padding))?;
        if padding == 0 || padded.is_some_and(|chunk| chunk.is_known()) {
            return Ok(padded);
        }
        Ok(self.at(end)?.filter(Chunk::is_known).or(padded))
    }

    fn at(&mut self, position: u64) -> io::Result<Option<Chunk>> {
        if position >= self.length {
            return Ok(None);
        }
        let header = self.bytes(position, self.shape.header() as u64)?;
        Ok(self.parse(&header, position))
    }

    /// The chunk that begins with some bytes, which are at a position.
    fn parse(&self, bytes: &[u8], position: u64) -> Option<Chunk> {
        let header = bytes.get(..self.shape.header())?;
        let id = [header[0], header[1], header[2], header[3]];
        let size = match self.shape.size(header) {
            UNKNOWN if id == *b"data" => self.large.unwrap_or(UNKNOWN),
            size => size,
        };
        Some(Chunk { id, start: position + header.len() as u64, size })
    }
}
