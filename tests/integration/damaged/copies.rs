//! Copies of a file, each damaged in one way.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where a copy is damaged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// It ends anywhere.
    Cut,
    /// Bytes of the ELF header and the program headers.
    Header,
    /// A byte of the section headers.
    Sections,
    /// A byte of the dynamic section.
    Dynamic,
}

/// Where in the file the headers are.
pub(super) struct Layout {
    size: u64,
    header: Range<u64>,
    sections: Range<u64>,
    dynamic: Range<u64>,
}

impl Layout {
    /// Of an ELF file of 64 bits, in the byte order of this machine.
    pub(super) fn of(file: &[u8]) -> Self {
        let number = |at: usize, size: usize| {
            let mut bytes = [0; 8];
            bytes[..size].copy_from_slice(&file[at..at + size]);
            u64::from_le_bytes(bytes)
        };
        let table = |start: usize, each: usize| {
            let start = number(start, 8);
            start..start + number(each, 2) * number(each + 2, 2)
        };
        // e_phoff and e_phentsize, e_shoff and e_shentsize.
        let (programs, sections) = (table(32, 54), table(40, 58));
        let mut each = programs.clone().step_by(56).map(index);
        let dynamic = each.find(|at| number(*at, 4) == 2).unwrap();
        let start = number(dynamic + 8, 8);
        Self {
            size: file.len() as u64,
            header: 0..programs.end,
            sections,
            dynamic: start..start + number(dynamic + 32, 8),
        }
    }
}

/// Numbers that look like chance (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What is done to a copy.
pub(super) enum Damage {
    Cut(u64),
    /// Offsets, and the bits that are flipped there.
    Flips(Vec<(u64, u8)>),
}

impl Damage {
    /// The same for the same seed.
    pub(super) fn new(kind: Kind, layout: &Layout, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let (at, flips) = match kind {
            Kind::Cut => return Self::Cut(chance.below(layout.size)),
            Kind::Header => (&layout.header, [1, 1, 1, 2, 4][index(chance.below(5))]),
            Kind::Sections => (&layout.sections, 1),
            Kind::Dynamic => (&layout.dynamic, 1),
        };
        let mut flip = || {
            let offset = at.start + chance.below(at.end - at.start);
            (offset, u8::try_from(1 + chance.below(255)).unwrap())
        };
        Self::Flips((0..flips).map(|_| flip()).collect())
    }
}

impl fmt::Debug for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut(size) => write!(f, "{size} bytes"),
            Self::Flips(flips) => {
                flips.iter().try_for_each(|(at, bits)| write!(f, "[{at:#x}]^{bits:#04x} "))
            }
        }
    }
}

/// A file that is damaged and mended again and again: to write it whole each time would cost more
/// than to look at it.
pub(super) struct Copies<'a> {
    file: File,
    whole: &'a [u8],
}

impl<'a> Copies<'a> {
    pub(super) fn new(path: &Path, whole: &'a [u8]) -> Self {
        let file = File::create_new(path).unwrap();
        file.write_all_at(whole, 0).unwrap();
        Self { file, whole }
    }

    /// Looks at it while it is damaged.
    pub(super) fn with<T>(&mut self, damage: &Damage, look: impl FnOnce() -> T) -> T {
        match damage {
            Damage::Cut(size) => self.file.set_len(*size).unwrap(),
            Damage::Flips(flips) => {
                flips.iter().for_each(|(at, bits)| self.write(&[self.byte(*at) ^ bits], *at));
            }
        }
        let seen = look();
        match damage {
            Damage::Cut(size) => self.write(&self.whole[index(*size)..], *size),
            Damage::Flips(flips) => {
                flips.iter().for_each(|(at, _)| self.write(&[self.byte(*at)], *at))
            }
        }
        seen
    }

    fn byte(&self, at: u64) -> u8 {
        self.whole[index(at)]
    }

    fn write(&self, bytes: &[u8], at: u64) {
        self.file.write_all_at(bytes, at).unwrap();
    }
}

fn index(at: u64) -> usize {
    usize::try_from(at).unwrap()
}
