//! Headers with random bytes.

use std::time::{Duration, Instant};

use voice_activity::audio::Reason;

use super::files::{
    Size, Store, aiff, au, caf, chunk, fields, pcm16, rf64, riff, rifx, wave, wave64,
};
use super::packets::Parts;
use super::{Decoded, decode};

/// How often each file is changed.
const ROUNDS: usize = 300;

/// The first bytes of a file that may be changed, with all headers.
const HEADERS: u64 = 128;

/// The longest time for a file, which takes less than a millisecond.
const LONGEST: Duration = Duration::from_secs(1);

/// Random numbers by xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    /// Changes a few bytes, drops some or inserts some.
    fn change(&mut self, file: &mut Vec<u8>) {
        const VALUES: [u8; 6] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];
        for _ in 0..=self.below(4) {
            let place = self.below(HEADERS.min(file.len() as u64)) as usize;
            let byte = match self.below(2) {
                0 => VALUES[self.below(6) as usize],
                _ => self.below(256) as u8,
            };
            match self.below(8) {
                0 => file.truncate(file.len() - self.below(200) as usize),
                1 => drop(file.drain(place..place + 1)),
                2 => file.insert(place, byte),
                3 => file[place..].iter_mut().take(4).for_each(|place| *place = byte),
                _ => file[place] = byte,
            }
        }
    }
}

/// Decodes a file with changes, many times.
fn mutate(name: &str, file: &[u8], check: impl Fn(&[u8], &Decoded)) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..ROUNDS {
        let mut changed = file.to_vec();
        random.change(&mut changed);
        let start = Instant::now();
        let decoded = decode(&changed);
        assert!(start.elapsed() < LONGEST, "{name}, round {round}");
        match decoded {
            Ok(decoded) => {
                let is_of_system = matches!(decoded.broken, Some(Reason::Read { .. }));
                assert!(!is_of_system, "{name}, round {round}: {:?}", decoded.broken);
                check(&changed, &decoded);
            }
            // Each reason says something about the file: "it is …", "its number of channels …".
            Err(error) => assert!(error.starts_with("it"), "{name}, round {round}: {error}"),
        }
    }
}

fn tone() -> Vec<f32> {
    (0..800).map(|n| (n as f32 * 0.3).sin() / 2.0).collect()
}

#[test]
fn no_header_makes_more_sound_than_there_is_data() {
    let tone = tone();
    let right = [Size::Right; 2];
    let big = Store::Big.integers(&tone, 16, 2);
    let ima = chunk(b"fmt ", &[&fields(0x11, 2, 4, 64)[..], &[2, 0, 57, 0]].concat());
    let microsoft = chunk(b"fmt ", &[&fields(0x02, 1, 4, 64)[..], &[2, 0, 116, 0]].concat());
    let files = [
        ("RIFF", wave(&tone)),
        ("RIFX", rifx(&tone)),
        ("RF64", rf64(b"RF64", right, &tone)),
        ("Wave64", wave64(right, &tone)),
        ("AIFF", aiff(None, 16, right, &big)),
        ("AIFF-C", aiff(Some(b"ima4"), 16, right, &big)),
        ("CAF", caf(b"lpcm", 2, 2, 16, Size::Right, &pcm16(&tone))),
        ("AU", au(3, Size::Right, &big)),
        ("IMA", riff(&[ima, chunk(b"data", &big)])),
        ("Microsoft", riff(&[microsoft, chunk(b"data", &big)])),
    ];
    for (name, file) in files {
        mutate(name, &file, |changed, decoded| {
            let samples = decoded.seconds * f64::from(decoded.rate);
            // The densest coding has four bits for a sample.
            assert!(samples <= changed.len() as f64 * 2.0, "{name}: {samples} samples");
        });
    }
}

#[test]
fn no_table_of_packets_makes_more_sound_than_there_are_packets() {
    let parts = Parts::new(&tone());
    for file in [parts.table_first(-1), parts.table_last()] {
        mutate("CAF", &file, |_, decoded| {
            // The cookie tells the sample rate, from 1 kHz on.
            assert!(decoded.seconds <= 0.8, "{} s", decoded.seconds);
        });
    }
}
