//! Packets in CAF, as ALAC that is not compressed.

use super::{decode, holds, is_refused, is_truncated, speech};

/// The number of samples in a packet.
const PACKET: usize = 512;

/// A packet of ALAC with 16-bit samples as they are.
fn packet(samples: &[f32]) -> Vec<u8> {
    // One channel; its number and twelve bits are not used; it has a length; it is not compressed.
    let mut bits = format!("{:019b}{:b}{:032b}", 0, 0b1001, samples.len());
    for sample in samples {
        bits += &format!("{:016b}", (sample * 32_768.0).round() as i16);
    }
    bits += "111";
    let bytes = bits.as_bytes().chunks(8);
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | (bit & 1));
    bytes.map(|bits| byte(bits) << (8 - bits.len())).collect()
}

/// A chunk of CAF.
fn chunk(id: &[u8; 4], size: i64, body: &[u8]) -> Vec<u8> {
    [&id[..], &size.to_be_bytes(), body].concat()
}

fn whole(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(id, body.len() as i64, body)
}

/// A number of up to 14 bits in a table of packets.
fn number(number: usize) -> [u8; 2] {
    [0x80 | (number >> 7) as u8, (number & 0x7F) as u8]
}

/// The parts of a file: header, parameters, table and sound.
pub(crate) struct Parts {
    header: Vec<u8>,
    pub(crate) table: Vec<u8>,
    sound: Vec<u8>,
}

impl Parts {
    pub(crate) fn new(samples: &[f32]) -> Self {
        let packets: Vec<_> = samples.chunks(PACKET).map(packet).collect();
        let description = [0, 0, PACKET as u32, 1, 0].map(u32::to_be_bytes).concat();
        let description = [&16_000_f64.to_be_bytes()[..], b"alac", &description].concat();
        let cookie = [
            &(PACKET as u32).to_be_bytes()[..],
            &[0, 16, 40, 10, 14, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3E, 0x80],
        ];
        let mut table = (packets.len() as u64).to_be_bytes().to_vec();
        table.extend((samples.len() as u64).to_be_bytes());
        table.extend([0; 8]);
        table.extend(packets.iter().flat_map(|packet| number(packet.len())));
        let header = [
            b"caff\0\x01\0\0".to_vec(),
            whole(b"desc", &description),
            whole(b"kuki", &cookie.concat()),
        ];
        let sound = [vec![0; 4], packets.concat()].concat();
        Self { header: header.concat(), table, sound }
    }

    /// A file that was written at once.
    pub(crate) fn table_last(&self) -> Vec<u8> {
        let chunks = [whole(b"data", &self.sound), whole(b"pakt", &self.table)];
        [self.header.clone(), chunks.concat()].concat()
    }

    /// A file whose size of the sound may be unknown.
    pub(crate) fn table_first(&self, size: i64) -> Vec<u8> {
        let chunks = [whole(b"pakt", &self.table), chunk(b"data", size, &self.sound)];
        [self.header.clone(), chunks.concat()].concat()
    }
}

#[test]
fn packets_are_read_by_their_table() {
    let speech = speech();
    let parts = Parts::new(&speech);
    let size = parts.sound.len() as i64;
    holds("the table last", &parts.table_last(), &speech);
    for size in [size, -1, 0, size - 100, i64::MAX] {
        holds(&format!("sound of {size} bytes"), &parts.table_first(size), &speech);
    }
}

#[test]
fn files_with_packets_can_be_joined() {
    let speech = speech();
    let parts = Parts::new(&speech);
    let file = [parts.table_last(), parts.table_first(parts.sound.len() as i64)].concat();
    holds("tables", &file, &speech.repeat(2));
}

#[test]
fn packets_that_are_missing_are_told() {
    let parts = Parts::new(&speech());
    let file = parts.table_first(parts.sound.len() as i64);
    is_truncated("sound", &file[..file.len() - 3_000], 12 * PACKET, 8_000);
    let file = parts.table_last();
    let expected = "it is truncated: it ends within its header";
    is_refused("table", &file[..file.len() - parts.table.len() - 12 - 100], expected);
}

#[test]
fn a_damaged_table_is_told() {
    let mut parts = Parts::new(&speech());
    let numbers = 24;
    parts.table[numbers..numbers + 6].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x00]);
    let decoded = decode(&parts.table_last()).unwrap();
    assert_eq!(decoded.seconds, 0.0);
    let broken = decoded.broken.unwrap();
    assert_eq!(broken.to_string(), "it is damaged after 0.000 s");
}
