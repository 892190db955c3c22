//! A sound library to damage in tests, laid out as GNU ld does.

use object::elf;
use object::elf::DynamicTag;
use object::elf::ProgramFlags;
use object::elf::ProgramType;
use object::elf::SectionFlags;
use object::elf::SectionType;

use super::Image;
use super::dynamic::Dynamic;
use super::sections::Section;
use super::segments::Segment;
use super::segments::Segments;
use super::span::Span;

const R: ProgramFlags = elf::PF_R;
const RW: ProgramFlags = ProgramFlags(elf::PF_R.0 | elf::PF_W.0);
const RX: ProgramFlags = ProgramFlags(elf::PF_R.0 | elf::PF_X.0);
const A: SectionFlags = elf::SHF_ALLOC;
const WA: SectionFlags = SectionFlags(elf::SHF_WRITE.0 | elf::SHF_ALLOC.0);
const AX: SectionFlags = SectionFlags(elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0);
const WAT: SectionFlags = SectionFlags(WA.0 | elf::SHF_TLS.0);

/// From here on a byte is at a lower offset in the file than in memory.
const APART: u64 = 0x3000;

impl Image {
    pub(super) fn sound() -> Self {
        Self {
            table: 0x40,
            segments: Segments(segments()),
            sections: sections(),
            dynamic: Some(Dynamic(dynamic())),
        }
    }

    pub(super) fn segment(&mut self, kind: ProgramType) -> &mut Segment {
        self.segments.0.iter_mut().find(|segment| segment.kind == kind).unwrap()
    }

    /// The loaded segment with these rights.
    pub(super) fn load(&mut self, flags: ProgramFlags) -> &mut Segment {
        self.segments.0.iter_mut().find(|it| it.kind == elf::PT_LOAD && it.flags == flags).unwrap()
    }

    pub(super) fn data(&mut self) -> &mut Segment {
        self.load(RW)
    }

    pub(super) fn section(&mut self, name: &str) -> &mut Section {
        self.sections.iter_mut().find(|section| section.name == name.as_bytes()).unwrap()
    }

    pub(super) fn entry(&mut self, tag: DynamicTag) -> &mut (DynamicTag, u64) {
        let entries = &mut self.dynamic.as_mut().unwrap().0;
        entries.iter_mut().find(|(found, _)| *found == tag).unwrap()
    }

    pub(super) fn without(&mut self, tag: DynamicTag) {
        self.dynamic.as_mut().unwrap().0.retain(|(found, _)| *found != tag);
    }

    pub(super) fn without_sections(&mut self) {
        self.sections.clear();
    }
}

/// That a sound library is taken, and one with this damage refused in these words.
#[track_caller]
pub(super) fn refused(damage: impl FnOnce(&mut Image), words: &str) {
    let mut image = Image::sound();
    assert_eq!(image.check(), Ok(()));
    damage(&mut image);
    let told = image.check().expect_err(words);
    assert!(told.contains(words), "'{told}' does not say '{words}'");
}

/// That a library that is made in another way is taken.
#[track_caller]
pub(super) fn taken(change: impl FnOnce(&mut Image)) {
    let mut image = Image::sound();
    change(&mut image);
    assert_eq!(image.check(), Ok(()));
}

fn offset(address: u64) -> u64 {
    if address < APART { address } else { address - 0x1000 }
}

fn segments() -> Vec<Segment> {
    let of = |kind, flags, align, start, in_file, in_memory| Segment {
        kind,
        flags,
        align,
        file: Span::new(offset(start), in_file),
        memory: Span::new(start, in_memory),
    };
    vec![
        of(elf::PT_PHDR, R, 8, 0x40, 0x1c0, 0x1c0),
        of(elf::PT_LOAD, R, 0x1000, 0, 0x1000, 0x1000),
        of(elf::PT_LOAD, RX, 0x1000, 0x1000, 0x1000, 0x1000),
        of(elf::PT_LOAD, RW, 0x1000, APART, 0x1800, 0x2000),
        of(elf::PT_TLS, R, 8, APART, 0x10, 0x20),
        of(elf::PT_DYNAMIC, RW, 8, 0x3100, 0x200, 0x200),
        of(elf::PT_GNU_RELRO, R, 1, APART, 0x1000, 0x1000),
        of(elf::PT_GNU_EH_FRAME, R, 4, 0x800, 0x100, 0x100),
        of(elf::PT_GNU_PROPERTY, R, 8, 0x900, 0x20, 0x20),
        of(elf::PT_NOTE, R, 8, 0x900, 0x20, 0x20),
        of(elf::PT_GNU_STACK, RW, 0, 0, 0, 0),
    ]
}

fn sections() -> Vec<Section> {
    let of = |name: &str, kind: SectionType, flags, start, size| Section {
        kind,
        flags,
        align: 8,
        offset: offset(start),
        memory: Span::new(start, size),
        name: name.into(),
    };
    vec![
        of(".dynsym", elf::SHT_DYNSYM, A, 0x200, 0x60),
        of(".dynstr", elf::SHT_STRTAB, A, 0x300, 0x40),
        of(".gnu.hash", elf::SHT_GNU_HASH, A, 0x340, 0x20),
        of(".gnu.version", elf::SHT_GNU_VERSYM, A, 0x360, 8),
        of(".gnu.version_r", elf::SHT_GNU_VERNEED, A, 0x370, 0x20),
        of(".rela.dyn", elf::SHT_RELA, A, 0x400, 48),
        of(".rela.plt", elf::SHT_RELA, A, 0x430, 24),
        of(".relr.dyn", elf::SHT_RELR, A, 0x460, 16),
        of(".text", elf::SHT_PROGBITS, AX, 0x1000, 0x800),
        of(".tdata", elf::SHT_PROGBITS, WAT, APART, 0x10),
        of(".tbss", elf::SHT_NOBITS, WAT, 0x3010, 0x10),
        of(".init_array", elf::SHT_INIT_ARRAY, WA, 0x3020, 16),
        of(".fini_array", elf::SHT_FINI_ARRAY, WA, 0x3030, 8),
        of(".dynamic", elf::SHT_DYNAMIC, WA, 0x3100, 0x200),
        of(".got", elf::SHT_PROGBITS, WA, 0x3300, 0x40),
        of(".data", elf::SHT_PROGBITS, WA, 0x4000, 0x800),
        of(".bss", elf::SHT_NOBITS, WA, 0x4800, 0x800),
    ]
}

fn dynamic() -> Vec<(DynamicTag, u64)> {
    vec![
        (elf::DT_NEEDED, 1),
        (elf::DT_INIT, 0x1000),
        (elf::DT_FINI, 0x1100),
        (elf::DT_INIT_ARRAY, 0x3020),
        (elf::DT_INIT_ARRAYSZ, 16),
        (elf::DT_FINI_ARRAY, 0x3030),
        (elf::DT_FINI_ARRAYSZ, 8),
        (elf::DT_GNU_HASH, 0x340),
        (elf::DT_STRTAB, 0x300),
        (elf::DT_SYMTAB, 0x200),
        (elf::DT_STRSZ, 0x40),
        (elf::DT_PLTGOT, 0x3300),
        (elf::DT_PLTRELSZ, 24),
        (elf::DT_PLTREL, 7),
        (elf::DT_JMPREL, 0x430),
        (elf::DT_RELA, 0x400),
        (elf::DT_RELASZ, 48),
        (elf::DT_RELAENT, 24),
        (elf::DT_RELACOUNT, 1),
        (elf::DT_RELR, 0x460),
        (elf::DT_RELRSZ, 16),
        (elf::DT_RELRENT, 8),
        (elf::DT_VERSYM, 0x360),
        (elf::DT_VERNEED, 0x370),
        (elf::DT_VERNEEDNUM, 1),
    ]
}
