//! How far an MP4 file reaches, and whether its reader can stand what it refers to.

use std::fs::File;
use std::io;
use std::io::Seek;
use std::ops::Range;

use super::boxes::{Boxes, four};
use crate::audio::container::source::Extent;

/// The most samples of a run that has no field for each of them.
const MOST_SAMPLES: u32 = 1_000_000;

/// The greatest position of samples. The reader panics for those that do not fit into 63 bits.
const MOST_POSITION: u64 = 1 << 62;

/// The number of bytes of a table to read at once.
const PART: u64 = 1 << 16;

/// Visits the boxes of a file; `None` if it has a reference that its reader cannot stand.
pub(super) fn read(file: &mut File) -> io::Result<Option<Extent>> {
    let length = file.metadata()?.len();
    let mut at = file.stream_position()?;
    let mut boxes = Boxes::new(file);
    let mut extent = Extent { end: length, open: None, is_seekable: true };
    while let Some(found) = boxes.next(at..length)? {
        match found.end {
            Some(end) if matches!(&found.kind, b"mdat" | b"moof") => extent.end = length.max(end),
            Some(_) => {}
            None => extent.open = u32::try_from(length - at).ok().map(|size| (at, size)),
        }
        let start = std::mem::replace(&mut at, found.data.end);
        if matches!(&found.kind, b"moov" | b"moof") && !is_sound(&mut boxes, found.data, start)? {
            return Ok(None);
        }
    }
    Ok(Some(extent))
}

/// Whether the samples in an index or a fragment, which begins at `start`, are sound.
fn is_sound(boxes: &mut Boxes<'_>, within: Range<u64>, start: u64) -> io::Result<bool> {
    let mut at = within.start;
    while let Some(found) = boxes.next(at..within.end)? {
        at = found.data.end;
        let is_sound = match &found.kind {
            b"trak" | b"mdia" | b"minf" | b"stbl" => is_sound(boxes, found.data, start)?,
            b"co64" => are_chunks_sound(boxes, found.data)?,
            b"traf" => are_runs_sound(boxes, found.data, start)?,
            _ => true,
        };
        if !is_sound {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the positions of a table of chunks are sound.
fn are_chunks_sound(boxes: &mut Boxes<'_>, table: Range<u64>) -> io::Result<bool> {
    for at in (table.start.saturating_add(8)..table.end).step_by(PART as usize) {
        let entries = boxes.bytes(at, PART.min(table.end - at) as usize)?;
        let (entries, _) = entries.as_chunks();
        if entries.iter().any(|entry| u64::from_be_bytes(*entry) > MOST_POSITION) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the runs of a track in a fragment, which begins at `start`, are sound.
fn are_runs_sound(boxes: &mut Boxes<'_>, within: Range<u64>, start: u64) -> io::Result<bool> {
    const DATA_OFFSET: u32 = 0x1;
    const BASE_OFFSET: u32 = 0x1;
    let (mut base, mut lowest) = (None, 0);
    let mut at = within.start;
    while let Some(found) = boxes.next(at..within.end)? {
        at = found.data.end;
        let header = boxes.bytes(found.data.start, 16)?;
        let field = |at| four(&header, at).map_or(0, u32::from_be_bytes);
        match &found.kind {
            b"tfhd" if field(0) & BASE_OFFSET != 0 => {
                let offset = u64::from(field(8)) << 32 | u64::from(field(12));
                base = Some(base.unwrap_or(offset).min(offset));
                if offset > MOST_POSITION {
                    return Ok(false);
                }
            }
            b"trun" if !is_run_sound(&header) => return Ok(false),
            b"trun" if field(0) & DATA_OFFSET != 0 => {
                lowest = lowest.min(i64::from(field(8).cast_signed()));
            }
            _ => {}
        }
    }
    Ok(base.unwrap_or(start).checked_add_signed(lowest).is_some())
}

/// Whether a run has the fields that its reader looks for. It takes two bits of the flags of the first
/// sample for the presence of fields.
fn is_run_sound(header: &[u8]) -> bool {
    const DATA_OFFSET: u32 = 0x1;
    const FIRST_FLAGS: u32 = 0x4;
    const DURATIONS: u32 = 0x100;
    const SIZES: u32 = 0x200;
    const PER_SAMPLE: u32 = 0xF00;
    let field = |at| four(header, at).map_or(0, u32::from_be_bytes);
    let (flags, count) = (field(0), field(4));
    if flags & PER_SAMPLE == 0 && count > MOST_SAMPLES {
        return false;
    }
    let first = match (flags & FIRST_FLAGS, flags & DATA_OFFSET) {
        (0, _) => return true,
        (_, 0) => field(8),
        _ => field(12),
    };
    let lacks = |bit, fields| first & bit != 0 && flags & fields == 0;
    !lacks(FIRST_FLAGS, DURATIONS) && !lacks(SIZES, SIZES)
}
