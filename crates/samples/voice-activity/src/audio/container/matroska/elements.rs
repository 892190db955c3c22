//! The elements of a Matroska file that its reader keeps to itself.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::ops::Range;

const HEADER: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1F43_B675;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const TRACK_TYPE: u32 = 0x83;
const CODEC_ID: u32 = 0x86;
const CODEC_DELAY: u32 = 0x56AA;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const DISCARD_PADDING: u32 = 0x75A2;

/// The most elements that are visited, so that a file of tiny ones does not take forever. Ten hours of a
/// live recording in blocks of 20 ms have 1.8 million.
const MOST_ELEMENTS: usize = 10_000_000;

/// The most tracks that are looked at.
const MOST_TRACKS: usize = 128;

/// The longest padding in seconds.
const MOST_PADDING: f64 = 1.0;

/// The most bytes of a codec's name.
const MOST_BYTES: u64 = 64;

/// The tracks and the end of a file.
#[derive(Default)]
pub(super) struct Outline {
    tracks: Vec<TrackEntry>,
    /// Whether the file ends with an element, and its writer left the length open.
    pub(super) is_whole: bool,
    /// Where the file ends, or would end if it were not cut off.
    pub(super) end: u64,
    /// The time in seconds that the last packet is too long.
    pub(super) padding: f64,
    /// Where another file begins that was joined to this one.
    pub(super) next: Option<u64>,
}

/// A file that is read forward. It counts the position, because to ask the system takes long.
struct Walk<'f> {
    file: BufReader<&'f mut File>,
    position: u64,
}

/// A track of a file.
#[derive(Default)]
pub(super) struct TrackEntry {
    kind: u64,
    pub(super) codec: String,
    /// The time in seconds that the decoder needs to begin.
    pub(super) delay: f64,
}

struct Element {
    id: u32,
    /// The number of bytes, unless its writer left that open.
    size: Option<u64>,
}

impl Outline {
    pub(super) fn audio_track(&self) -> Option<&TrackEntry> {
        self.tracks.iter().find(|track| track.kind == 2)
    }

    pub(super) fn has_video(&self) -> bool {
        self.tracks.iter().any(|track| track.kind == 1)
    }

    /// Visits the elements of a file, but reads only what matters.
    pub(super) fn read(file: &mut File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let start = file.stream_position()?;
        let mut file = Walk { file: BufReader::new(file), position: start };
        let mut outline = Self { end: length, ..Self::default() };
        let mut segment = None;
        let mut is_open = false;
        let mut cluster = 0..0;
        for _ in 0..MOST_ELEMENTS {
            let position = file.position;
            let Some(Element { id, size }) = Element::read(&mut file)? else {
                outline.is_whole = is_open && position == length;
                if segment.is_some_and(|end| end <= position) {
                    outline.end = position;
                }
                break;
            };
            let data = file.position;
            match (id, size) {
                (HEADER, _) if position > start => {
                    outline.is_whole = is_open;
                    outline.end = position;
                    outline.next = Some(position);
                    break;
                }
                (SEGMENT, None) => is_open = true,
                (SEGMENT, Some(size)) => {
                    let end = data.saturating_add(size);
                    segment = Some(end);
                    outline.end = length.max(end);
                }
                (CLUSTER, None) => {}
                (TRACKS, Some(_)) if outline.tracks.is_empty() => {}
                (TRACK_ENTRY, Some(size)) if outline.tracks.len() < MOST_TRACKS => {
                    outline.tracks.push(TrackEntry::read(&mut file, data.saturating_add(size))?);
                }
                (id, Some(size)) => {
                    if id == CLUSTER {
                        cluster = data..data.saturating_add(size);
                    } else if id == BLOCK_GROUP {
                        cluster = position..data.saturating_add(size);
                    }
                    file.skip(size)?;
                }
                (_, None) => break,
            }
        }
        outline.padding = padding(&mut file, cluster)?;
        Ok(outline)
    }
}

impl Walk<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.seek(self.position.saturating_add(bytes))
    }

    fn seek(&mut self, position: u64) -> io::Result<()> {
        // No file is longer than the greatest signed number.
        let position = position.min(i64::MAX.cast_unsigned());
        self.file.seek_relative(position.wrapping_sub(self.position).cast_signed())?;
        self.position = position;
        Ok(())
    }
}

impl Read for Walk<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

/// The padding in seconds of the last block in a range.
fn padding(file: &mut Walk<'_>, range: Range<u64>) -> io::Result<f64> {
    let mut padding = 0.0;
    file.seek(range.start)?;
    for _ in 0..MOST_ELEMENTS {
        if file.position >= range.end {
            break;
        }
        let Some(Element { id, size: Some(size) }) = Element::read(file)? else { break };
        match id {
            BLOCK_GROUP => padding = 0.0,
            DISCARD_PADDING => padding = value(file, size)? as f64 / 1e9,
            _ => {
                if id == SIMPLE_BLOCK {
                    padding = 0.0;
                }
                file.skip(size)?;
            }
        }
    }
    Ok(padding.min(MOST_PADDING))
}

/// Reads an unsigned number, of which there are at most eight bytes.
fn value(file: &mut impl Read, size: u64) -> io::Result<u64> {
    let mut bytes = Vec::new();
    file.take(size.min(8)).read_to_end(&mut bytes)?;
    Ok(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

impl TrackEntry {
    fn read(file: &mut Walk<'_>, end: u64) -> io::Result<Self> {
        let mut track = Self::default();
        while file.position < end {
            let Some(Element { id, size: Some(size) }) = Element::read(file)? else { break };
            let next = file.position.saturating_add(size);
            if next > end {
                break;
            }
            match id {
                TRACK_TYPE => track.kind = value(file, size)?,
                CODEC_DELAY => track.delay = value(file, size)? as f64 / 1e9,
                CODEC_ID => {
                    let mut name = Vec::new();
                    file.by_ref().take(size.min(MOST_BYTES)).read_to_end(&mut name)?;
                    track.codec = String::from_utf8_lossy(&name).into_owned();
                }
                _ => {}
            }
            file.seek(next)?;
        }
        file.seek(end)?;
        Ok(track)
    }
}

impl Element {
    /// Reads the head of an element; `None` where there is none.
    fn read(file: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((id, _)) = number(file, 4, false)? else { return Ok(None) };
        let Some((size, is_open)) = number(file, 8, true)? else { return Ok(None) };
        Ok(Some(Self { id: id as u32, size: (!is_open).then_some(size) }))
    }
}

/// Reads a number of variable length, and whether all of its bits are set. The marker of its length is a
/// part of an ID, but not of a size.
fn number(
    file: &mut impl Read,
    most: u32,
    without_marker: bool,
) -> io::Result<Option<(u64, bool)>> {
    let mut bytes = [0; 8];
    if file.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    let length = bytes[0].leading_zeros() + 1;
    if length > most {
        return Ok(None);
    }
    let rest = &mut bytes[1..length as usize];
    match file.read_exact(rest) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let number = bytes[..length as usize].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * length)) - 1;
    let is_open = number & mask == mask;
    Ok(Some((if without_marker { number & mask } else { number }, is_open)))
}
