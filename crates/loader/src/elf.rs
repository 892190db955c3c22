//! Looks at a file before the dynamic linker does.
//!
//! A file that is cut short is a SIGBUS in `dlopen`, not an error: its pages are mapped as its
//! headers say, whether the file has them or not.

use std::fs;
use std::io;
use std::path::Path;

use object::Architecture;
use object::Object;
use object::ObjectKind;
use object::read::elf::ElfFile64;
use object::read::elf::ProgramHeader;

use crate::error::LoadError;

/// Refuses what the dynamic linker would not take, or take badly.
pub(crate) fn check(file: &Path) -> Result<(), LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => LoadError::NoSuchFile(file.to_owned()),
        _ => LoadError::Unreadable { file: file.to_owned(), source },
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(LoadError::Folder(file.to_owned()));
    }
    if metadata.len() == 0 {
        return Err(LoadError::Empty(file.to_owned()));
    }
    let opened = fs::File::open(file).map_err(unreadable)?;
    if cfg!(target_os = "linux") { check_headers(file, &opened, metadata.len()) } else { Ok(()) }
}

fn check_headers(file: &Path, opened: &fs::File, size: u64) -> Result<(), LoadError> {
    let start = object::ReadCache::new(opened);
    let kind = object::FileKind::parse(&start);
    if !matches!(kind, Ok(object::FileKind::Elf32 | object::FileKind::Elf64)) {
        return Err(LoadError::NotALibrary(file.to_owned()));
    }
    if matches!(kind, Ok(object::FileKind::Elf32)) {
        return Err(other_architecture(file, "a 32-bit processor".to_owned()));
    }
    let truncated = |needs| LoadError::Truncated { file: file.to_owned(), has: size, needs };
    let data = object::ReadCache::new(opened);
    // The header is there, so that what it points to is not.
    let elf: ElfFile64<'_, object::Endianness, _> =
        ElfFile64::parse(&data).map_err(|_| truncated(size + 1))?;
    if elf.architecture() != OURS {
        let theirs = format!("{:?}", elf.architecture());
        return Err(other_architecture(file, theirs));
    }
    if elf.kind() != ObjectKind::Dynamic {
        return Err(LoadError::NotALibrary(file.to_owned()));
    }
    let endian = elf.endian();
    let ends = elf
        .elf_program_headers()
        .iter()
        .map(|header| header.p_offset(endian).saturating_add(header.p_filesz(endian)));
    let needs = ends.max().unwrap_or(0);
    if needs > size { Err(truncated(needs)) } else { Ok(()) }
}

fn other_architecture(file: &Path, theirs: String) -> LoadError {
    LoadError::OtherArchitecture { file: file.to_owned(), theirs, ours: std::env::consts::ARCH }
}

const OURS: Architecture = if cfg!(target_arch = "x86_64") {
    Architecture::X86_64
} else if cfg!(target_arch = "aarch64") {
    Architecture::Aarch64
} else {
    Architecture::Unknown
};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// This test's own program: an ELF file of this machine (a position-independent one is DYN).
    fn program() -> Vec<u8> {
        fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    fn checked(content: &[u8]) -> Result<(), LoadError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plugin.so");
        fs::write(&file, content).unwrap();
        check(&file)
    }

    #[test]
    fn a_whole_file_passes() {
        checked(&program()).unwrap();
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused() {
        let whole = program();
        for length in [65, 100, 1000, whole.len() / 4, whole.len() / 2] {
            let error = checked(&whole[..length]).unwrap_err();
            assert!(matches!(error, LoadError::Truncated { .. }), "{length}: {error}");
        }
    }

    #[test]
    fn what_is_no_library_of_this_machine_is_refused() {
        let mut foreign = program();
        // e_machine: EM_BPF
        foreign[18..20].copy_from_slice(&[0xF7, 0]);
        assert!(matches!(checked(&foreign), Err(LoadError::OtherArchitecture { .. })));
        assert!(matches!(checked(b""), Err(LoadError::Empty(_))));
        assert!(matches!(checked(b"#!/bin/sh\n"), Err(LoadError::NotALibrary(_))));
        assert!(matches!(check(Path::new("/")), Err(LoadError::Folder(_))));
        assert!(matches!(check(Path::new("/no/such")), Err(LoadError::NoSuchFile(_))));
    }
}
