//! MPEG audio, layers 1 to 3, as in .mp3 files.
//!
//! All frames of a file are read, whatever its headers say; several files in a row are one recording.

mod header;
mod info;
mod link;

use std::collections::VecDeque;
use std::fs::File;
use std::mem;

use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;

pub(in crate::audio) use self::header::parse;
use self::link::Link;
use super::Container;
use super::frames::{Frame, Frames, Gap, Header};
use super::reader::{Stream, truncated};

/// Opens a file at its current position.
pub(super) fn open(file: File) -> Result<Container> {
    let mut frames = Frames::new(file, parse)?;
    let estimate = frames.estimate()?;
    let mpeg = Mpeg::new(frames)?;
    let declared = mpeg.link.info.seconds;
    let is_near = |estimate: f64| (0.9..1.1).contains(&(declared / estimate));
    let seconds = estimate.map(|estimate| if is_near(estimate) { declared } else { estimate });
    Ok(Container::stream(mpeg, seconds))
}

/// A file of MPEG audio, or several.
struct Mpeg {
    frames: Frames,
    track: Track,
    link: Link,
    /// The header of the last frame with sound.
    last: Option<Header>,
    /// Frames that are not returned yet, because the last ones of a link have samples to drop.
    waiting: VecDeque<Waiting>,
    /// How many of those are not among the last ones.
    settled: usize,
    /// What follows them, once it is known.
    end: Option<Result<()>>,
}

/// A frame with sound.
struct Waiting {
    frame: Frame,
    /// The number of samples to drop at its beginning.
    delay: u32,
    /// The number of samples to drop at its end.
    padding: u32,
    /// Whether the decoder must forget the frames before.
    restarts: bool,
}

impl Mpeg {
    fn new(mut frames: Frames) -> Result<Self> {
        let first = frames.next()?.ok_or(Error::DecodeError("no frame"))?;
        let mut mpeg = Self {
            frames,
            track: first.header.track(),
            link: Link::default(),
            last: None,
            waiting: VecDeque::new(),
            settled: 0,
            end: None,
        };
        mpeg.push(first)?;
        Ok(mpeg)
    }

    /// Reads one more frame, or the end.
    fn read(&mut self) {
        let pushed = match self.frames.next() {
            Ok(Some(frame)) => self.push(frame),
            Ok(None) => {
                self.end = Some(self.finish());
                return;
            }
            Err(error) => Err(error),
        };
        if let Err(error) = pushed {
            self.settled = self.waiting.len();
            self.end = Some(Err(error));
        }
    }

    fn push(&mut self, frame: Frame) -> Result<()> {
        let info = info::read(&frame);
        let is_other = self.link.frames > 0
            && self.last.is_some_and(|last| last.spec() != frame.header.spec());
        if info.is_some() || is_other || frame.before == Gap::Tag {
            self.finish_link();
            self.link = Link::new(info.unwrap_or_default(), frame.position);
        }
        let (has_next, is_sound) = (self.frames.has_next(), info.is_none());
        let is_overwritten = self.link.is_overwritten(&frame, self.frames.end());
        self.link.has_junk |= !matches!(frame.after, Gap::Nothing | Gap::Tag);
        if has_next && frame.is_doubtful() && !is_overwritten {
            self.link.frames += 1;
        } else if is_sound {
            self.wait(frame);
        }
        if has_next && is_overwritten {
            return Err(Error::DecodeError("frames are overwritten"));
        }
        Ok(())
    }

    fn wait(&mut self, frame: Frame) {
        let (header, link) = (frame.header, &mut self.link);
        let samples = u32::from(header.samples);
        let delay = link.delay.min(samples);
        // A frame can have a part of its data in the frames before, which belong to another file.
        let is_detached = link.frames == 0 || frame.before != Gap::Nothing;
        let restarts = is_detached && self.last.is_some();
        link.delay -= delay;
        link.frames += 1;
        self.last = Some(header);
        self.waiting.push_back(Waiting { frame, delay, padding: 0, restarts });
        let later = (self.waiting.len() - self.settled - 1) as u32;
        if later * samples >= link.info.padding {
            self.settled += 1;
        }
    }

    fn finish_link(&mut self) {
        let mut padding = self.link.padding();
        for waiting in self.waiting.range_mut(self.settled..).rev() {
            waiting.padding = padding.min(waiting.frame.header.samples.into());
            padding -= waiting.padding;
        }
        self.settled = self.waiting.len();
    }

    fn finish(&mut self) -> Result<()> {
        self.finish_link();
        let is_cut = self.frames.is_cut() && !self.link.is_complete();
        if is_cut || self.link.is_short(self.frames.end()) { Err(truncated()) } else { Ok(()) }
    }
}

impl Stream for Mpeg {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        while self.settled == 0 && self.end.is_none() {
            self.read();
        }
        let Some(next) = self.waiting.front_mut() else {
            return self.end.replace(Ok(())).unwrap_or(Ok(())).map(|()| None);
        };
        if mem::take(&mut next.restarts) {
            self.track = next.frame.header.track();
            return Err(Error::ResetRequired);
        }
        self.settled -= 1;
        Ok(self.waiting.pop_front().map(Waiting::into_packet))
    }
}

impl Waiting {
    fn into_packet(self) -> Packet {
        self.frame.into_packet([self.delay, self.padding])
    }
}
