//! The first pages of an Ogg file, which tell what its streams are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::mem;

use super::vorbis;
use crate::audio::container::id3;

/// The most pages that are looked at, before the first page of a stream and after it.
const MOST_PAGES: usize = 1000;

/// The most streams that are looked at.
const MOST_STREAMS: usize = 64;

/// The most bytes of a header that are looked at.
const MOST_BYTES: usize = 1 << 20;

/// The size of a page's header without its table of segments.
const HEADER: usize = 27;

/// The most bytes in a page.
const LARGEST_PAGE: u64 = 27 + 255 + 255 * 255;

/// The greatest position at the end of the first page with sound, in samples: some seconds. A greater one
/// means that the stream began before its recording.
const FIRST_PAGE: u64 = 20 * 48_000;

/// The magic of each codec, in the first packet of its stream.
const CODECS: &[(&[u8], Stream)] = &[
    (b"OpusHead", Stream::Read),
    (b"\x01vorbis", Stream::Read),
    (b"\x7FFLAC", Stream::Read),
    (b"Speex   ", Stream::Audio("Speex")),
    (b"CELT    ", Stream::Audio("CELT")),
    (b"fLaC", Stream::Audio("FLAC as it was before version 1.1.1")),
    (b"PCM     ", Stream::Audio("PCM")),
    (b"\x01audio", Stream::Audio("audio of the OGM kind")),
    (b"\x80theora", Stream::Video),
    (b"BBCD", Stream::Video),
    (b"OVP80", Stream::Video),
    (b"\x01video", Stream::Video),
];

/// What a stream has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Audio in a codec that is read.
    Read,
    /// Audio in another codec.
    Audio(&'static str),
    Video,
    Other,
}

/// Where the streams of a file begin.
pub(super) struct Beginning {
    /// The position of the first page in bytes.
    pub(super) position: u64,
    pub(super) streams: Vec<Stream>,
    /// Whether the recording began in the middle of a stream.
    pub(super) is_excerpt: bool,
    /// Whether the headers are sound, as far as that is checked.
    pub(super) is_sound: bool,
}

struct Page {
    position: u64,
    is_first: bool,
    granule: u64,
    serial: [u8; 4],
    segments: Vec<u8>,
    body: Vec<u8>,
}

impl Beginning {
    /// Finds the first pages of streams. There are none in a file that was cut out of a longer one.
    pub(super) fn find(file: &mut File) -> io::Result<Self> {
        let mut file = BufReader::new(file);
        let mut beginning = Self {
            position: file.stream_position()?,
            streams: Vec::new(),
            is_excerpt: false,
            is_sound: true,
        };
        let mut partial: BTreeMap<[u8; 4], Vec<u8>> = BTreeMap::new();
        for _ in 0..MOST_PAGES {
            let Some(page) = Page::read(&mut file)? else { break };
            if partial.len() > MOST_STREAMS {
                break;
            }
            let packet = partial.entry(page.serial).or_default();
            beginning.is_sound &= page.packets(packet).all(|packet| vorbis::is_sound(&packet));
            match (page.is_first, beginning.streams.is_empty()) {
                (true, is_first) => {
                    if is_first {
                        beginning.position = page.position;
                    }
                    beginning.streams.push(Stream::of(&page.body));
                }
                (false, true) => {}
                // Pages with headers have the position 0, and those on which no packet ends have -1.
                (false, false) if matches!(page.granule, 0 | u64::MAX) => {}
                (false, false) => {
                    beginning.is_excerpt = (FIRST_PAGE..1 << 62).contains(&page.granule);
                    break;
                }
            }
        }
        Ok(beginning)
    }
}

impl Stream {
    fn of(packet: &[u8]) -> Self {
        // The reader knows the layouts of RFC 7845 for two ears and for loudspeakers.
        if packet.starts_with(b"OpusHead") && !matches!(packet.get(18), None | Some(0 | 1)) {
            return Self::Audio("Opus with an unusual channel mapping");
        }
        let codec = CODECS.iter().find(|(magic, _)| packet.starts_with(magic));
        codec.map_or(Self::Other, |(_, stream)| *stream)
    }
}

impl Page {
    /// Reads a page, if there is a whole one.
    fn read(file: &mut BufReader<&mut File>) -> io::Result<Option<Self>> {
        let position = file.stream_position()?;
        let Some(header) = read(file, HEADER)? else { return Ok(None) };
        if !header.starts_with(b"OggS") {
            return Ok(None);
        }
        let Some(segments) = read(file, usize::from(header[26]))? else { return Ok(None) };
        let size = segments.iter().map(|size| usize::from(*size)).sum();
        let Some(body) = read(file, size)? else { return Ok(None) };
        let granule = header[6..14].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let serial = [header[14], header[15], header[16], header[17]];
        Ok(Some(Self { position, is_first: header[5] & 2 != 0, granule, serial, segments, body }))
    }

    /// The packets that end on this page; `partial` is what came of a packet before, and comes of one here.
    fn packets(&self, partial: &mut Vec<u8>) -> impl Iterator<Item = Vec<u8>> {
        let mut body = &self.body[..];
        self.segments.iter().filter_map(move |size| {
            let (part, rest) = body.split_at(usize::from(*size));
            body = rest;
            if partial.len() < MOST_BYTES {
                partial.extend_from_slice(part);
            }
            (*size < 255).then(|| mem::take(partial))
        })
    }
}

/// Whether the last page is whole, and so is the last packet on it.
pub(super) fn ends_between_packets(file: &mut File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let end = id3::begin_of_last(file, 0, length)?;
    let start = end.saturating_sub(LARGEST_PAGE);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok((0..bytes.len()).any(|at| is_last_page(&bytes[at..])))
}

/// Whether some bytes are exactly a page, on which its last packet ends.
fn is_last_page(bytes: &[u8]) -> bool {
    let is_page = bytes.starts_with(b"OggS") && bytes.len() >= HEADER;
    let segments = bytes.get(HEADER..).zip(bytes.get(HEADER - 1)).filter(|_| is_page);
    let segments = segments.and_then(|(rest, count)| rest.get(..usize::from(*count)));
    segments.is_some_and(|segments| {
        let body: usize = segments.iter().map(|size| usize::from(*size)).sum();
        HEADER + segments.len() + body == bytes.len()
            && segments.last().is_some_and(|last| *last < 255)
    })
}

fn read(file: &mut impl Read, size: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(size);
    file.take(size as u64).read_to_end(&mut bytes)?;
    Ok((bytes.len() == size).then_some(bytes))
}
