//! Packets whose sizes are in a table: AAC, ALAC, MP3 and Opus.
//!
//! The table has about three bytes for 20 ms of sound. It is read along with the packets.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::{Packet, PacketBuilder};
use symphonia::core::units::{Duration, Timestamp};

use crate::audio::container::chunks::Order;
use crate::audio::container::reader::Stream;

/// The length of the numbers in front of the table.
const HEADER: usize = 24;

/// The number of bytes of the table that are read at once.
const PART: u64 = 4096;

/// The most bytes in a packet.
const LARGEST: u64 = 1 << 20;

/// What is the same for all packets; 0 is what the table tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constant {
    pub(super) bytes: u32,
    pub(super) samples: u32,
}

/// Numbers of a variable length, which are read part by part.
struct Table {
    /// The part that is not read yet.
    rest: Range<u64>,
    part: Vec<u8>,
    used: usize,
}

/// Reads packets in the order of the table.
pub(super) struct Packets {
    file: File,
    track: Track,
    constant: Constant,
    /// The number of packets that are left.
    count: u64,
    table: Table,
    data: Range<u64>,
    /// The number of samples that are not sound, at the beginning.
    priming: u32,
}

impl Packets {
    /// The packets in a part of a file, by the table in another part.
    pub(super) fn new(
        mut file: File,
        track: Track,
        constant: Constant,
        table: Range<u64>,
        data: Range<u64>,
    ) -> io::Result<Self> {
        let mut header = [0; HEADER];
        file.seek(SeekFrom::Start(table.start))?;
        file.read_exact(&mut header)?;
        let start = table.start + HEADER as u64;
        let rest = start..table.end.max(start);
        Ok(Self {
            file,
            track,
            constant,
            count: Order::Big.uint(&header[..8]),
            table: Table { rest, part: Vec::new(), used: 0 },
            data,
            priming: Order::Big.uint(&header[16..20]) as u32,
        })
    }

    /// The number from the table, if it is not constant.
    fn number(&mut self, constant: u32) -> Result<u64> {
        if constant == 0 { self.table.number(&mut self.file) } else { Ok(constant.into()) }
    }
}

impl Stream for Packets {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if self.count == 0 {
            return Ok(None);
        }
        self.count -= 1;
        let bytes = self.number(self.constant.bytes)?;
        let samples = self.number(self.constant.samples)?;
        if bytes > LARGEST {
            return Err(Error::DecodeError("a packet is too large"));
        }
        let mut data = vec![0; bytes as usize];
        self.file.seek(SeekFrom::Start(self.data.start))?;
        self.file.by_ref().take(self.data.end - self.data.start).read_exact(&mut data)?;
        self.data.start += bytes;
        let delay = u64::from(self.priming).min(samples);
        self.priming -= delay as u32;
        let packet = PacketBuilder::new()
            .track_id(0)
            .pts(Timestamp::ZERO)
            .dur(Duration::from(samples - delay))
            .trim_start(Duration::from(delay))
            .data(data)
            .build();
        Ok(Some(packet))
    }
}

impl Table {
    /// The next number: seven bits in each byte, whose upper bit says that another one follows.
    fn number(&mut self, file: &mut File) -> Result<u64> {
        let mut number = 0_u64;
        loop {
            let byte = self.byte(file)?;
            number = number << 7 | u64::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
    }

    fn byte(&mut self, file: &mut File) -> io::Result<u8> {
        if self.used == self.part.len() {
            self.part.clear();
            self.used = 0;
            let count = PART.min(self.rest.end - self.rest.start);
            file.seek(SeekFrom::Start(self.rest.start))?;
            file.take(count).read_to_end(&mut self.part)?;
            self.rest.start += count;
        }
        let byte = self.part.get(self.used).copied().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.used += 1;
        Ok(byte)
    }
}
