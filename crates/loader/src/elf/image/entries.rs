//! The entries of the dynamic section that the linker follows.

use object::elf;
use object::elf::DynamicTag;

/// The size of an `Elf64_Rela`.
pub(super) const RELOCATION: u64 = 24;
pub(super) const ADDRESS: u64 = 8;

/// A table that has its size beside it.
#[derive(Debug)]
pub(super) struct Sized {
    pub(super) name: &'static str,
    pub(super) start: DynamicTag,
    pub(super) size: DynamicTag,
    /// The size of an entry of it.
    pub(super) each: u64,
    /// What else has to be there, and its only value; glibc asserts it.
    pub(super) kind: Option<(DynamicTag, u64)>,
}

pub(super) const RELA: Sized = Sized {
    name: "RELA",
    start: elf::DT_RELA,
    size: elf::DT_RELASZ,
    each: RELOCATION,
    kind: Some((elf::DT_RELAENT, RELOCATION)),
};

pub(super) const JMPREL: Sized = Sized {
    name: "JMPREL",
    start: elf::DT_JMPREL,
    size: elf::DT_PLTRELSZ,
    each: RELOCATION,
    kind: Some((elf::DT_PLTREL, elf::DT_RELA.0.unsigned_abs())),
};

pub(super) const RELR: Sized = Sized {
    name: "RELR",
    start: elf::DT_RELR,
    size: elf::DT_RELRSZ,
    each: ADDRESS,
    kind: Some((elf::DT_RELRENT, ADDRESS)),
};

pub(super) const INIT_ARRAY: Sized = Sized {
    name: "INIT_ARRAY",
    start: elf::DT_INIT_ARRAY,
    size: elf::DT_INIT_ARRAYSZ,
    each: ADDRESS,
    kind: None,
};

pub(super) const FINI_ARRAY: Sized = Sized {
    name: "FINI_ARRAY",
    start: elf::DT_FINI_ARRAY,
    size: elf::DT_FINI_ARRAYSZ,
    each: ADDRESS,
    kind: None,
};

/// Tables that tell their size themselves, or do not.
pub(super) const TABLES: [(&str, DynamicTag); 7] = [
    ("STRTAB", elf::DT_STRTAB),
    ("SYMTAB", elf::DT_SYMTAB),
    ("HASH", elf::DT_HASH),
    ("GNU_HASH", elf::DT_GNU_HASH),
    ("VERSYM", elf::DT_VERSYM),
    ("VERNEED", elf::DT_VERNEED),
    ("VERDEF", elf::DT_VERDEF),
];

/// Offsets into the string table.
pub(super) const STRINGS: [DynamicTag; 8] = [
    elf::DT_NEEDED,
    elf::DT_SONAME,
    elf::DT_RPATH,
    elf::DT_RUNPATH,
    elf::DT_AUXILIARY,
    elf::DT_FILTER,
    elf::DT_AUDIT,
    elf::DT_DEPAUDIT,
];
