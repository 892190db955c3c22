//! How far an MP4 file reaches, and whether its fragments can be read.

use std::fs::File;
use std::io;
use std::io::Seek;
use std::ops::Range;

use super::boxes::{Boxes, four};
use crate::audio::container::source::Extent;

/// The most samples of a run that has no field for each of them.
const MOST_SAMPLES: u32 = 1_000_000;

/// Visits the boxes of a file; `None` if a fragment has a run that its reader cannot stand.
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
        at = found.data.end;
        if &found.kind == b"moof" && !is_sound(&mut boxes, found.data)? {
            return Ok(None);
        }
    }
    Ok(Some(extent))
}

/// Whether all runs of samples in a fragment are sound.
fn is_sound(boxes: &mut Boxes<'_>, fragment: Range<u64>) -> io::Result<bool> {
    let mut at = fragment.start;
    while let Some(found) = boxes.next(at..fragment.end)? {
        at = found.data.end;
        let is_sound = match &found.kind {
            b"traf" => is_sound(boxes, found.data)?,
            b"trun" => is_run_sound(&boxes.bytes(found.data.start, 16)?),
            _ => true,
        };
        if !is_sound {
            return Ok(false);
        }
    }
    Ok(true)
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
