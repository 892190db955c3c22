//! FLAC.
//!
//! A frame is what its checksum says, so nothing in the metadata can hide sound. The reader of symphonia
//! drops a damaged frame without a word, and the last one if a tag follows.

mod frame;
mod header;
mod metadata;

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::mem;

use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use self::header::FrameHeader;
use self::metadata::{MAGIC, StreamInfo};
use super::reader::{Stream, truncated};
use super::window::Window;
use super::{Container, Length, id3};

/// Opens a file at its current position.
pub(super) fn open(mut file: File) -> Result<Container> {
    let start = file.stream_position()?;
    let end = file.seek(SeekFrom::End(0))?;
    let end = id3::begin_of_last(&mut file, start, end)?;
    file.seek(SeekFrom::Start(start))?;
    let mut window = Window::new(file, end)?;
    let info = properties(&mut window)?;
    let length = match info.samples {
        0 => frame::length_of_all(&mut window, &info)?.map_or(Length::Unknown, Length::Estimated),
        samples => Length::Declared(samples),
    };
    Ok(Container { length, ..Container::stream(Flac::new(window, info), None) })
}

/// Passes the metadata of a file, and returns the properties of its frames.
fn properties(window: &mut Window) -> Result<StreamInfo> {
    let info = metadata::pass(window)?;
    let start = window.position();
    let mut first = frame::whole(window, info)?;
    if first.is_none() && window.left() > 0 {
        let passed = frame::pass_junk(window, info);
        first = frame::whole(window, info)?;
        // A file that is damaged from its beginning has properties nevertheless.
        if info.is_none() {
            passed?;
        }
    }
    let found = first.or(info).ok_or_else(truncated)?;
    window.seek(start)?;
    Ok(found)
}

/// A FLAC file, or several in a row.
struct Flac {
    window: Window,
    /// The properties of the current file.
    info: StreamInfo,
    track: Track,
    /// The last frame of the current file.
    last: Option<FrameHeader>,
    /// The number of samples in the current file so far.
    samples: u64,
    /// Whether other bytes came before the next frame.
    has_junk: bool,
    /// Whether the next frame is the first one of another file.
    restarts: bool,
    /// A frame that waits for its decoder.
    waiting: Option<Packet>,
}

impl Flac {
    fn new(window: Window, info: StreamInfo) -> Self {
        Self {
            window,
            info,
            track: info.track(),
            last: None,
            samples: 0,
            has_junk: false,
            restarts: false,
            waiting: None,
        }
    }

    /// Continues with the next of several files.
    fn begin_next(&mut self) -> Result<()> {
        self.end()?;
        self.info = properties(&mut self.window)?;
        self.track = self.info.track();
        (self.last, self.samples, self.has_junk, self.restarts) = (None, 0, false, true);
        Ok(())
    }

    /// Returns the next frame, of this file or the next one.
    fn read(&mut self) -> Result<Option<Packet>> {
        loop {
            let next = self.window.ahead(id3::HEAD)?;
            if next.is_empty() {
                return self.end().map(|()| None);
            }
            if next.starts_with(MAGIC) {
                self.begin_next()?;
            } else if let Some(length) = id3::length(next) {
                self.window.skip(length)?;
            } else if let Some(packet) = self.frame()? {
                return Ok(Some(packet));
            } else {
                frame::pass_junk(&mut self.window, Some(self.info))?;
                self.has_junk = true;
            }
        }
    }

    /// Ends the current file.
    fn end(&self) -> Result<()> {
        if self.samples < self.info.samples { Err(truncated()) } else { Ok(()) }
    }

    /// Returns the next frame, if one begins here.
    fn frame(&mut self) -> Result<Option<Packet>> {
        let Some(header) = FrameHeader::parse(self.window.ahead(header::LONGEST)?) else {
            return Ok(None);
        };
        let is_next = match &self.last {
            Some(last) => header.follows(last),
            // A stream that is cut out of a longer one begins with any number.
            None => header.is_first() || !self.has_junk,
        };
        if !is_next {
            return Err(Error::DecodeError("frames are missing"));
        }
        let (window, info) = (&mut self.window, &self.info);
        let is_last = self.samples + u64::from(header.samples) == info.samples;
        let Some(length) = frame::length(window, info, &header, is_last)? else {
            return Err(match frame::is_followed(window, info, &header)? {
                true => Error::DecodeError("the checksum of a frame is wrong"),
                false => truncated(),
            });
        };
        let bytes = window.ahead(length)?.to_vec();
        window.skip(length as u64)?;
        self.samples += u64::from(header.samples);
        self.last = Some(header);
        self.has_junk = false;
        Ok(Some(Packet::new(0, Timestamp::ZERO, Duration::from(header.samples), bytes)))
    }
}

impl Stream for Flac {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if let Some(packet) = self.waiting.take() {
            return Ok(Some(packet));
        }
        let packet = self.read()?;
        if packet.is_some() && mem::take(&mut self.restarts) {
            self.waiting = packet;
            return Err(Error::ResetRequired);
        }
        Ok(packet)
    }
}
