//! The boxes of an MP4 file that its reader keeps to itself.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// The most boxes that are visited, so that a file of tiny ones does not take forever. Ten hours in
/// fragments of a second have 72,000.
const MOST_BOXES: usize = 1_000_000;

/// The most entries of an edit list that are read.
const MOST_EDITS: usize = 1000;

/// The most bytes of a configuration: 24, and as many for the layout of the channels.
const MOST_COOKIE: u64 = 4 + 48;

/// A walk over the boxes of a file.
pub(super) struct Boxes<'f> {
    file: &'f mut File,
    visited: usize,
}

/// The type of a box, and its data as far as it is there.
pub(super) struct Found {
    pub(super) kind: [u8; 4],
    pub(super) data: Range<u64>,
    /// The end according to its size; `None` for a box without one, which ends with the file.
    pub(super) end: Option<u64>,
}

/// What the index of a movie says of its tracks.
#[derive(Debug, Default)]
pub(super) struct Movie {
    /// The units of a second in which edits are told.
    timescale: u32,
    /// Whether fragments follow, of which the index knows nothing.
    pub(super) is_fragmented: bool,
    pub(super) tracks: Vec<Trak>,
}

/// A track of a movie.
#[derive(Debug, Default)]
pub(super) struct Trak {
    pub(super) id: u32,
    /// `soun` for sound, `vide` for video.
    pub(super) kind: [u8; 4],
    pub(super) codec: [u8; 4],
    pub(super) channels: u16,
    /// The sample rate in Hz.
    pub(super) rate: u32,
    /// Whether PCM is marked as little-endian.
    pub(super) is_little_endian: bool,
    /// The configuration of ALAC in QuickTime, which has it in another place than MP4.
    pub(super) cookie: Option<Box<[u8]>>,
    timescale: u32,
    edits: Vec<Edit>,
}

#[derive(Debug)]
struct Edit {
    /// In units of the movie.
    length: u64,
    /// In units of the track; negative for an edit without media.
    start: i64,
}

impl Movie {
    /// Reads the index of a file; `None` if there is none.
    pub(super) fn read(file: &mut File) -> io::Result<Option<Self>> {
        let whole = file.stream_position()?..file.metadata()?.len();
        let mut boxes = Boxes::new(file);
        let Some(moov) = boxes.find(whole, *b"moov")? else { return Ok(None) };
        let mut movie = Self::default();
        let mut at = moov.start;
        while let Some(found) = boxes.next(at..moov.end)? {
            match &found.kind {
                b"mvhd" => movie.timescale = boxes.timescale(&found.data)?,
                b"mvex" => movie.is_fragmented = true,
                b"trak" => movie.tracks.push(boxes.trak(&found.data)?),
                _ => {}
            }
            at = found.data.end;
        }
        Ok(Some(movie))
    }

    /// The seconds of an edit without media at the beginning of a track: it begins late.
    pub(super) fn lead(&self, track: &Trak) -> f64 {
        let empty = track.edits.iter().take_while(|edit| edit.start < 0);
        empty.map(|edit| edit.length as f64).sum::<f64>() / f64::from(self.timescale.max(1))
    }

    /// The seconds of a track before its sound begins, and the seconds of its sound, by its only edit.
    pub(super) fn edit(&self, track: &Trak) -> Option<(f64, Option<f64>)> {
        let mut edits = track.edits.iter().filter(|edit| edit.start >= 0);
        let (edit, None) = (edits.next()?, edits.next()) else { return None };
        let start = edit.start as f64 / f64::from(track.timescale.max(1));
        let length = edit.length as f64 / f64::from(self.timescale.max(1));
        Some((start, (length > 0.0).then_some(length)))
    }
}

impl<'f> Boxes<'f> {
    pub(super) fn new(file: &'f mut File) -> Self {
        Self { file, visited: 0 }
    }

    /// The box at the beginning of a range.
    pub(super) fn next(&mut self, within: Range<u64>) -> io::Result<Option<Found>> {
        self.visited += 1;
        if self.visited > MOST_BOXES || within.end.saturating_sub(within.start) < 8 {
            return Ok(None);
        }
        let header = self.bytes(within.start, 16)?;
        let Some((&[s0, s1, s2, s3, k0, k1, k2, k3], more)) = header.split_first_chunk::<8>()
        else {
            return Ok(None);
        };
        let (size, header) = match (u32::from_be_bytes([s0, s1, s2, s3]), more.first_chunk()) {
            (0, _) => (within.end - within.start, 8),
            (1, Some(size)) => (u64::from_be_bytes(*size), 16),
            (size, _) => (u64::from(size), 8),
        };
        if size < header {
            return Ok(None);
        }
        let declared = within.start.saturating_add(size);
        let end = declared.min(within.end);
        let data = (within.start + header).min(end)..end;
        let end = ([s0, s1, s2, s3] != [0; 4]).then_some(declared);
        Ok(Some(Found { kind: [k0, k1, k2, k3], data, end }))
    }

    /// The data of the first box of a kind.
    fn find(&mut self, within: Range<u64>, kind: [u8; 4]) -> io::Result<Option<Range<u64>>> {
        let mut at = within.start;
        while let Some(found) = self.next(at..within.end)? {
            if found.kind == kind {
                return Ok(Some(found.data));
            }
            at = found.data.end;
        }
        Ok(None)
    }

    /// The data of a box that is deeper inside.
    fn descend(&mut self, data: &Range<u64>, path: &[[u8; 4]]) -> io::Result<Option<Range<u64>>> {
        let mut data = data.clone();
        for kind in path {
            match self.find(data, *kind)? {
                Some(inner) => data = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(data))
    }

    fn trak(&mut self, data: &Range<u64>) -> io::Result<Trak> {
        let mut trak = Trak::default();
        if let Some(tkhd) = self.descend(data, &[*b"tkhd"])? {
            let header = self.bytes(tkhd.start, 24)?;
            let at = if header.first() == Some(&1) { 20 } else { 12 };
            trak.id = four(&header, at).map_or(0, u32::from_be_bytes);
        }
        if let Some(hdlr) = self.descend(data, &[*b"mdia", *b"hdlr"])? {
            trak.kind = four(&self.bytes(hdlr.start, 12)?, 8).unwrap_or_default();
        }
        if let Some(mdhd) = self.descend(data, &[*b"mdia", *b"mdhd"])? {
            trak.timescale = self.timescale(&mdhd)?;
        }
        if let Some(stsd) = self.descend(data, &[*b"mdia", *b"minf", *b"stbl", *b"stsd"])? {
            self.description(stsd.start + 8..stsd.end, &mut trak)?;
        }
        if let Some(elst) = self.descend(data, &[*b"edts", *b"elst"])? {
            trak.edits = self.edits(&elst)?;
        }
        Ok(trak)
    }

    /// Reads the first description of the samples of a track.
    fn description(&mut self, within: Range<u64>, trak: &mut Trak) -> io::Result<()> {
        /// The sizes of the fields before the boxes inside, by the version of the description.
        const FIELDS: [u64; 3] = [28, 44, 64];
        let Some(Found { kind, data, .. }) = self.next(within)? else { return Ok(()) };
        let fields = self.bytes(data.start, 28)?;
        trak.codec = kind;
        let two = |at| Some(u16::from_be_bytes(*fields.get(at..)?.first_chunk()?));
        if let (Some(version @ 0..=2), Some(channels), Some(rate)) = (two(8), two(16), two(24)) {
            trak.channels = channels;
            trak.rate = u32::from(rate);
            let inside = data.start.saturating_add(FIELDS[usize::from(version)])..data.end;
            if let Some(enda) = self.descend(&inside, &[*b"wave", *b"enda"])? {
                trak.is_little_endian = self.bytes(enda.start, 2)? == [0, 1];
            }
            if let Some(alac) = self.descend(&inside, &[*b"wave", *b"alac"])? {
                let size = alac.end.saturating_sub(alac.start).min(MOST_COOKIE);
                let cookie = self.bytes(alac.start, size as usize)?;
                // A version and flags come before it.
                trak.cookie = cookie.get(4..).map(Box::from);
            }
        }
        Ok(())
    }

    /// The units of a second, of a header of the movie or of a track.
    fn timescale(&mut self, data: &Range<u64>) -> io::Result<u32> {
        let header = self.bytes(data.start, 24)?;
        // In version 1, two dates of eight bytes come before it.
        let at = if header.first() == Some(&1) { 20 } else { 12 };
        Ok(four(&header, at).map_or(0, u32::from_be_bytes))
    }

    fn edits(&mut self, data: &Range<u64>) -> io::Result<Vec<Edit>> {
        let size = data.end.saturating_sub(data.start).min(8 + 20 * MOST_EDITS as u64);
        let list = self.bytes(data.start, size as usize)?;
        let Some((head, entries)) = list.split_first_chunk::<8>() else { return Ok(Vec::new()) };
        let edit = |entry: &[u8]| match *entry {
            [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, _, _, _, _] => Edit {
                length: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
                start: i64::from_be_bytes([i, j, k, l, m, n, o, p]),
            },
            [a, b, c, d, e, f, g, h, ..] => Edit {
                length: u64::from(u32::from_be_bytes([a, b, c, d])),
                start: i64::from(i32::from_be_bytes([e, f, g, h])),
            },
            _ => Edit { length: 0, start: -1 },
        };
        let size = if head[0] == 1 { 20 } else { 12 };
        Ok(entries.chunks_exact(size).map(edit).collect())
    }

    /// Reads bytes; fewer where the file ends.
    pub(super) fn bytes(&mut self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(most);
        self.file.seek(SeekFrom::Start(at))?;
        self.file.take(most as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

pub(super) fn four(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}
