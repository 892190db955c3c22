//! The header of a 64-bit ELF file and its program headers (elf(5)).

use std::env::consts::ARCH;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::LoadError;

const MAGIC: &[u8] = b"\x7fELF";
const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;

// Offsets of the fields in the header.
const EI_CLASS: usize = 4;
const EI_DATA: usize = 5;
const EI_VERSION: usize = 6;
const E_TYPE: usize = 16;
const E_MACHINE: usize = 18;
const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
const E_PHENTSIZE: usize = 54;
const E_PHNUM: usize = 56;
const E_SHENTSIZE: usize = 58;
const E_SHNUM: usize = 60;

// Offsets of the fields in a program header, which begins with its type.
const P_OFFSET: usize = 8;
const P_FILESZ: usize = 32;

// Values of the fields.
const CLASS_32: u8 = 1;
const CLASS_64: u8 = 2;
const BIG_ENDIAN: u8 = 2;
const CURRENT_VERSION: u8 = 1;
const TYPE_DYN: u16 = 3;
const SEGMENT_LOAD: u32 = 1;

/// The machine numbers of 64-bit architectures, with Rust's names for them.
const MACHINES: [(u16, &str); 6] = [
    (62, "x86_64"),
    (183, "aarch64"),
    (243, "riscv64"),
    (21, "powerpc64"),
    (22, "s390x"),
    (258, "loongarch64"),
];

/// Bytes of a file, read in the byte order of the file.
struct Fields {
    bytes: Vec<u8>,
    is_big_endian: bool,
}

/// Rejects a file that is cut short, built for another machine, or not a shared library.
pub(super) fn check(path: &Path, file: &File, size: u64) -> Result<(), LoadError> {
    let not_a_library = || LoadError::NotALibrary(path.to_owned());
    let unreadable = |source| LoadError::Unreadable { file: path.to_owned(), source };
    let require = |needs| {
        if needs <= size {
            return Ok(());
        }
        Err(LoadError::Truncated { file: path.to_owned(), has: size, needs })
    };
    let present = usize::try_from(size).unwrap_or(usize::MAX).min(HEADER_BYTES);
    let bytes = read(file, 0, present).map_err(unreadable)?;
    if !bytes.starts_with(MAGIC) {
        return Err(not_a_library());
    }
    require(HEADER_BYTES as u64)?;
    let header = Fields { is_big_endian: bytes[EI_DATA] == BIG_ENDIAN, bytes };
    check_kind(path, &header)?;

    let (segments, segment_bytes) = (header.u64(E_PHOFF), header.table_bytes(E_PHNUM, E_PHENTSIZE));
    // The dynamic linker accepts no other size.
    if usize::from(header.u16(E_PHENTSIZE)) != PROGRAM_HEADER_BYTES {
        return Err(not_a_library());
    }
    require(segments.saturating_add(segment_bytes as u64))?;
    // Most files end with the table of sections; a stripped file may have none.
    let (sections, section_bytes) = (header.u64(E_SHOFF), header.table_bytes(E_SHNUM, E_SHENTSIZE));
    require(sections.saturating_add(section_bytes as u64))?;
    let bytes = read(file, segments, segment_bytes).map_err(unreadable)?;
    require(end_of_segments(&Fields { bytes, ..header }))
}

fn read(file: &File, start: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

fn check_kind(path: &Path, header: &Fields) -> Result<(), LoadError> {
    if header.bytes[EI_CLASS] == CLASS_32 {
        return Err(wrong_architecture(path, "a 32-bit processor"));
    }
    if header.bytes[EI_CLASS] != CLASS_64 || header.bytes[EI_VERSION] != CURRENT_VERSION {
        return Err(LoadError::NotALibrary(path.to_owned()));
    }
    check_machine(path, header.u16(E_MACHINE))?;
    if header.u16(E_TYPE) != TYPE_DYN {
        return Err(LoadError::NotALibrary(path.to_owned()));
    }
    Ok(())
}

fn check_machine(path: &Path, machine: u16) -> Result<(), LoadError> {
    match MACHINES.iter().find(|(number, _)| *number == machine) {
        Some((_, theirs)) if *theirs == ARCH => Ok(()),
        Some((_, theirs)) => Err(wrong_architecture(path, theirs)),
        // If this machine has no row, the dynamic linker decides.
        None if MACHINES.iter().all(|(_, name)| *name != ARCH) => Ok(()),
        None => Err(wrong_architecture(path, &format!("processor number {machine}"))),
    }
}

fn wrong_architecture(path: &Path, theirs: &str) -> LoadError {
    LoadError::WrongArchitecture { file: path.to_owned(), theirs: theirs.into(), ours: ARCH }
}

/// Where in the file the last loaded segment ends.
fn end_of_segments(table: &Fields) -> u64 {
    let starts = (0..table.bytes.len()).step_by(PROGRAM_HEADER_BYTES);
    let loaded = starts.filter(|start| table.u32(*start) == SEGMENT_LOAD);
    let ends =
        loaded.map(|start| table.u64(start + P_OFFSET).saturating_add(table.u64(start + P_FILESZ)));
    ends.max().unwrap_or(0)
}

impl Fields {
    /// The size of a table with this many entries of this size.
    fn table_bytes(&self, count: usize, each: usize) -> usize {
        usize::from(self.u16(count)) * usize::from(self.u16(each))
    }

    fn u16(&self, start: usize) -> u16 {
        let bytes = self.array(start);
        if self.is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, start: usize) -> u32 {
        let bytes = self.array(start);
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn u64(&self, start: usize) -> u64 {
        let bytes = self.array(start);
        if self.is_big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) }
    }

    fn array<const N: usize>(&self, start: usize) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes[start..start + N]);
        array
    }
}
