//! What the headers of a library say, and whether it can be so.
//!
//! The dynamic linker believes them: of a damaged one it may make a crash instead of an error.
//! The rules are those on which it relies, and no more: to refuse a library that it can load is
//! worse than a crash. All that they need is in the headers and in the dynamic section; the rest of
//! the file is not read.

mod dynamic;
mod entries;
mod read;
mod sections;
mod segments;
#[cfg(test)]
mod sound;
mod span;
mod tables;

use std::env::consts::ARCH;
use std::fs;
use std::path::Path;

use object::Endianness;
use object::ReadCache;
use object::ReadRef;
use object::elf;
use object::read::elf::FileHeader;
use object::read::elf::ProgramHeader;

use self::dynamic::Dynamic;
use self::sections::Section;
use self::segments::Segments;
use crate::error::LoadError;

type Header = elf::FileHeader64<Endianness>;

/// Fine, or what is wrong.
type Verdict = Result<(), String>;

const HEADER_BYTES: u64 = size_of::<Header>() as u64;

pub(super) fn check(file: &Path, opened: &fs::File, size: u64) -> Result<(), LoadError> {
    let no_library = || LoadError::NotALibrary(file.to_owned());
    let whole_to = |needs| {
        if needs <= size {
            return Ok(());
        }
        Err(LoadError::Truncated { file: file.to_owned(), has: size, needs })
    };
    let cache = ReadCache::new(opened);
    let magic = (&cache).read_bytes_at(0, elf::ELFMAG.len() as u64);
    if magic != Ok(&elf::ELFMAG) {
        return Err(no_library());
    }
    whole_to(HEADER_BYTES)?;
    // The class stands behind the magic number; only one of 64 bits has the header below.
    if (&cache).read_bytes_at(4, 1) == Ok(&[elf::ELFCLASS32.0]) {
        return Err(other_architecture(file, "a 32-bit processor"));
    }
    let header = Header::parse(&cache).map_err(|_| no_library())?;
    let endian = header.endian().map_err(|_| no_library())?;
    check_machine(file, header.e_machine(endian))?;
    if header.e_type(endian) != elf::ET_DYN {
        return Err(no_library());
    }
    whole_to(end_of_tables(header, endian))?;
    let segments = header.program_headers(endian, &cache).map_err(|_| no_library())?;
    let ends = segments
        .iter()
        .map(|segment| segment.p_offset(endian).saturating_add(segment.p_filesz(endian)));
    whole_to(ends.max().unwrap_or(0))?;
    read::image(&cache, header, endian)
        .and_then(|image| {
            image.check()?;
            read::check_relative(&cache, header, endian, &image)
        })
        .map_err(|what| LoadError::Damaged { file: file.to_owned(), what })
}

/// What a library says of itself.
#[derive(Debug, Clone)]
struct Image {
    /// Where in the file the program headers are.
    table: u64,
    segments: Segments,
    /// None in a file without section headers.
    sections: Vec<Section>,
    /// None where nothing ends it.
    dynamic: Option<Dynamic>,
}

impl Image {
    fn check(&self) -> Verdict {
        self.segments.check(self.table)?;
        sections::check(&self.sections, &self.segments)?;
        let dynamic = self.dynamic.as_ref().ok_or("its dynamic section has no end")?;
        dynamic.check(&self.segments)?;
        tables::check(dynamic, &self.sections)
    }
}

/// Where the tables of segments and sections end; the latter is the last part of most files.
fn end_of_tables(header: &Header, endian: Endianness) -> u64 {
    let end = |start: u64, count: u16, each: u16| {
        start.saturating_add(u64::from(count) * u64::from(each))
    };
    let segments = end(header.e_phoff(endian), header.e_phnum(endian), header.e_phentsize(endian));
    let sections = end(header.e_shoff(endian), header.e_shnum(endian), header.e_shentsize(endian));
    segments.max(sections)
}

fn check_machine(file: &Path, machine: elf::Machine) -> Result<(), LoadError> {
    match MACHINES.iter().find(|(number, _)| *number == machine) {
        Some((_, theirs)) if *theirs == ARCH => Ok(()),
        Some((_, theirs)) => Err(other_architecture(file, theirs)),
        // A system of a kind that the table does not have judges for itself.
        None if MACHINES.iter().all(|(_, known)| *known != ARCH) => Ok(()),
        None => Err(other_architecture(file, &format!("processor number {}", machine.0))),
    }
}

fn other_architecture(file: &Path, theirs: &str) -> LoadError {
    LoadError::OtherArchitecture { file: file.to_owned(), theirs: theirs.into(), ours: ARCH }
}

/// Rust's names of the 64-bit architectures.
const MACHINES: [(elf::Machine, &str); 6] = [
    (elf::EM_X86_64, "x86_64"),
    (elf::EM_AARCH64, "aarch64"),
    (elf::EM_RISCV, "riscv64"),
    (elf::EM_PPC64, "powerpc64"),
    (elf::EM_S390, "s390x"),
    (elf::EM_LOONGARCH, "loongarch64"),
];
