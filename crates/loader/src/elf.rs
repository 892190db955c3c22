//! Looks at a file before the dynamic linker does.
//!
//! A file that is cut short is a SIGBUS in `dlopen`, not an error: its pages are mapped as its
//! headers say, whether the file has them or not.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::LoadError;
use crate::resolve;

/// Refuses what the dynamic linker would not take, or take badly.
pub(crate) fn check(file: &Path) -> Result<(), LoadError> {
    let (opened, size) = check_is_file(file)?;
    imp::check_headers(file, &opened, size)
}

/// Refuses what is no file with something in it; hands it out with its size in bytes.
pub(crate) fn check_is_file(file: &Path) -> Result<(fs::File, u64), LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => {
            LoadError::NoSuchFile { file: file.to_owned(), near: resolve::near(file) }
        }
        io::ErrorKind::PermissionDenied => LoadError::NoPermission(file.to_owned()),
        _ => LoadError::Unreadable { file: file.to_owned(), source },
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(LoadError::Folder(file.to_owned()));
    }
    // Opening a named pipe would wait for its writer.
    if !metadata.is_file() {
        return Err(LoadError::NotALibrary(file.to_owned()));
    }
    if metadata.len() == 0 {
        return Err(LoadError::Empty(file.to_owned()));
    }
    let opened = fs::File::open(file).map_err(unreadable)?;
    Ok((opened, metadata.len()))
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod imp {
    use std::env::consts::ARCH;
    use std::fs;
    use std::path::Path;

    use object::Endianness;
    use object::ReadCache;
    use object::ReadRef;
    use object::elf;
    use object::read::elf::FileHeader;
    use object::read::elf::ProgramHeader;

    use crate::error::LoadError;

    type Header = elf::FileHeader64<Endianness>;

    const HEADER_BYTES: u64 = size_of::<Header>() as u64;

    pub(super) fn check_headers(
        file: &Path,
        opened: &fs::File,
        size: u64,
    ) -> Result<(), LoadError> {
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
        whole_to(ends.max().unwrap_or(0))
    }

    /// Where the tables of segments and sections end; the latter is the last part of most files.
    fn end_of_tables(header: &Header, endian: Endianness) -> u64 {
        let end = |start: u64, count: u16, each: u16| {
            start.saturating_add(u64::from(count) * u64::from(each))
        };
        let segments =
            end(header.e_phoff(endian), header.e_phnum(endian), header.e_phentsize(endian));
        let sections =
            end(header.e_shoff(endian), header.e_shnum(endian), header.e_shentsize(endian));
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
}

/// Elsewhere the dynamic linker is the only judge.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod imp {
    use std::fs;
    use std::path::Path;

    use crate::error::LoadError;

    pub(super) fn check_headers(_: &Path, _: &fs::File, _: u64) -> Result<(), LoadError> {
        Ok(())
    }
}
