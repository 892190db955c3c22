//! Ogg, written by code around the packets of an excerpt.

use super::{bytes, check, check_truncated, hear};

/// The pages of an Ogg file.
pub(super) struct Page {
    pub(super) flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
    pub(super) number: u32,
    pub(super) packets: Vec<Vec<u8>>,
}

pub(super) const CONTINUED: u8 = 1;
pub(super) const FIRST: u8 = 2;
pub(super) const LAST: u8 = 4;

impl Page {
    /// The page as bytes, with its checksum.
    pub(super) fn write(&self) -> Vec<u8> {
        let sizes = |packet: &Vec<u8>| {
            let mut sizes = vec![255; packet.len() / 255];
            sizes.push((packet.len() % 255) as u8);
            sizes
        };
        let segments: Vec<u8> = self.packets.iter().flat_map(sizes).collect();
        let mut page = b"OggS\0".to_vec();
        page.push(self.flags);
        page.extend(self.granule.to_le_bytes());
        page.extend(self.serial.to_le_bytes());
        page.extend(self.number.to_le_bytes());
        page.extend([0; 4]);
        page.push(segments.len() as u8);
        page.extend(segments);
        page.extend(self.packets.concat());
        let checksum = checksum(&page);
        page[22..26].copy_from_slice(&checksum.to_le_bytes());
        page
    }
}

/// Ogg's kind of CRC-32.
fn checksum(page: &[u8]) -> u32 {
    let shift = |sum: u32, _| if sum >> 31 == 1 { sum << 1 ^ 0x04C1_1DB7 } else { sum << 1 };
    page.iter().fold(0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte) << 24, shift))
}

/// The packets of an Ogg file, with both headers.
pub(super) fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet, mut page) = (Vec::new(), Vec::new(), file);
    while let [b'O', b'g', b'g', b'S', ..] = page {
        let (sizes, mut data) = page[27..].split_at(usize::from(page[26]));
        for size in sizes {
            let (part, rest) = data.split_at(usize::from(*size));
            packet.extend(part);
            if *size < 255 {
                packets.push(std::mem::take(&mut packet));
            }
            data = rest;
        }
        page = data;
    }
    packets
}

/// The samples of a packet of the excerpt, which are 20 ms.
const PACKET: u64 = 960;

/// The granule position at the end of the excerpt: 2.5 s after the delay of its encoder.
const END: u64 = 120_312;

/// The excerpt in pages of ten packets.
fn pages(serial: u32) -> Vec<Page> {
    let mut packets = packets(&bytes("excerpt.opus"));
    let sound = packets.split_off(2);
    let mut pages: Vec<Page> = packets
        .into_iter()
        .zip([FIRST, 0])
        .map(|(packet, flags)| Page { flags, granule: 0, serial, number: 0, packets: vec![packet] })
        .collect();
    let mut granule = 0;
    for packets in sound.chunks(10) {
        granule += PACKET * packets.len() as u64;
        pages.push(Page { flags: 0, granule, serial, number: 0, packets: packets.to_vec() });
    }
    let last = pages.last_mut().unwrap();
    (last.flags, last.granule) = (LAST, END);
    (0..).zip(&mut pages).for_each(|(number, page)| page.number = number);
    pages
}

fn write(pages: &[Page]) -> Vec<u8> {
    pages.iter().flat_map(Page::write).collect()
}

#[test]
fn pages_are_read() {
    check(&hear(&write(&pages(7))).unwrap(), 48_000);
}

#[test]
fn wrong_positions_do_not_matter() {
    for granule in [0, 1, 12_345, 1 << 40, u64::MAX] {
        println!("{granule}");
        let mut pages = pages(7);
        pages[2..].iter_mut().for_each(|page| page.granule = granule);
        let heard = hear(&write(&pages)).unwrap();
        assert!((heard.duration - 2.5).abs() < 0.2, "{heard:?}");
    }
}

#[test]
fn a_stream_can_be_recorded_from_its_middle() {
    const HOUR: u64 = 48_000 * 3600;
    let mut pages = pages(7);
    for (number, page) in (100..).zip(&mut pages[2..]) {
        page.granule += HOUR;
        page.number = number;
    }
    check(&hear(&write(&pages)).unwrap(), 48_000);
    // Such a recording has no end.
    pages.last_mut().unwrap().flags = 0;
    check(&hear(&write(&pages)).unwrap(), 48_000);
}

#[test]
fn the_last_page_need_not_be_marked() {
    let mut pages = pages(7);
    pages.last_mut().unwrap().flags = 0;
    check(&hear(&write(&pages)).unwrap(), 48_000);
    pages.pop();
    let heard = hear(&write(&pages)).unwrap();
    assert!((heard.duration - 2.4).abs() < 0.1, "{heard:?}");
}

#[test]
fn an_end_within_a_page_or_a_packet_is_told() {
    let mut pages = pages(7);
    let last = pages.pop().unwrap().write();
    let rest = write(&pages);
    for cut in [1, last.len() / 2, last.len() - 1] {
        check_truncated(&[&rest[..], &last[..last.len() - cut]].concat(), 2.4);
    }
    // The packet would go on upon a next page.
    let mut open = pages.pop().unwrap().write();
    open[26] += 1;
    open.insert(27 + usize::from(open[26]) - 1, 255);
    open.extend([0; 255]);
    open[22..26].fill(0);
    let checksum = checksum(&open);
    open[22..26].copy_from_slice(&checksum.to_le_bytes());
    check_truncated(&[write(&pages), open].concat(), 2.4);
    let whole = bytes("excerpt.opus");
    check_truncated(&whole[..whole.len() - 1], 2.0);
}

#[test]
fn a_missing_page_does_not_end_the_recording() {
    let mut pages = pages(7);
    pages.remove(5);
    let heard = hear(&write(&pages)).unwrap();
    assert!((heard.duration - 2.3).abs() < 0.25, "{heard:?}");
}

#[test]
fn codecs_and_rates_change_between_links() {
    let files = ["excerpt.opus", "excerpt.ogg", "excerpt.oga"].map(bytes);
    let heard = hear(&files.concat()).unwrap();
    assert_eq!(heard.sample_rate, 48_000);
    assert!((heard.duration - 7.5).abs() < 0.02, "{heard:?}");
    assert_eq!(heard.segments.len(), 3, "{heard:?}");
}

#[test]
fn other_streams_are_skipped() {
    let header = |serial, packet: &[u8]| Page {
        flags: FIRST,
        granule: 0,
        serial,
        number: 0,
        packets: vec![packet.to_vec()],
    };
    let mut pages = pages(7);
    pages.insert(0, header(1, b"\x80theora\x03\x02\x01"));
    pages.insert(0, header(2, b"fishead\0\x03\0\0\0"));
    let video = |number| Page {
        flags: [0, CONTINUED, 0, CONTINUED, 0, CONTINUED, 0, LAST][number as usize],
        granule: 0,
        serial: 1,
        number,
        packets: vec![vec![0x55; 200]],
    };
    (1..8).for_each(|number| pages.insert(2 + 2 * number as usize, video(number)));
    check(&hear(&write(&pages)).unwrap(), 48_000);
}
