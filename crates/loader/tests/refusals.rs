//! Files that are no plugin, most of them made from a library that this test has loaded itself.
//!
//! The round trip through real plugins is tested with the worker.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;

use object::Endianness;
use object::elf;
use object::read::elf::FileHeader;
use object::read::elf::ProgramHeader;
use universal_worker_loader::Library;
use universal_worker_loader::LoadError;

/// Offsets in the header of an ELF file: class, version, type, processor.
const EI_CLASS: usize = 4;
const EI_VERSION: usize = 6;
const E_TYPE: usize = 16;
const E_MACHINE: usize = 18;
const E_SHENTSIZE: usize = 58;

/// The C library of this process; none where the test is linked statically.
fn c_library() -> Option<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let files = maps.lines().filter_map(|line| line.split_once('/').map(|(_, path)| path));
    let c_library = files.map(|path| Path::new("/").join(path)).find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("libc.so") || name.starts_with("ld-musl"))
    });
    if c_library.is_none() {
        println!("skipped: this process has no C library as a file of its own");
    }
    c_library
}

fn refused(file: &Path) -> LoadError {
    Library::open(file).expect_err("this is no plugin")
}

/// What becomes of a file with this content.
fn refused_content(content: &[u8]) -> LoadError {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("libplugin.so");
    fs::write(&file, content).unwrap();
    refused(&file)
}

#[test]
fn a_library_that_exports_no_root_is_no_plugin() {
    let Some(library) = c_library() else { return };
    let error = refused(&library);
    assert!(matches!(error, LoadError::NotAPlugin(_)), "{error}");
    assert_eq!(error.to_string(), format!("{}: not a universal-worker plugin", library.display()));
}

#[test]
fn a_library_that_is_cut_anywhere_is_refused_before_it_is_mapped() {
    let Some(library) = c_library() else { return };
    let whole = fs::read(library).unwrap();
    let lengths = [4, 20, 63, 64, 65, 1000, 4096, whole.len() / 2, whole.len() - 1];
    for length in lengths {
        let error = refused_content(&whole[..length]);
        let LoadError::Truncated { has, needs, .. } = error else { panic!("{length}: {error}") };
        assert_eq!(has, length as u64);
        assert!(has < needs && needs <= whole.len() as u64, "{length}: {needs}");
    }
}

#[test]
fn a_library_whose_segments_lie_beyond_its_end_is_refused_even_without_sections() {
    let Some(library) = c_library() else { return };
    let mut content = fs::read(library).unwrap();
    // e_shoff, e_shnum and e_shstrndx.
    content[40..48].fill(0);
    content[60..64].fill(0);
    content.truncate(content.len() / 2);
    let error = refused_content(&content);
    assert!(matches!(error, LoadError::Truncated { .. }), "{error}");
}

/// Where in the file the value of an entry of the dynamic section is, and what it is.
fn dynamic_entry(content: &[u8], tag: elf::DynamicTag) -> Option<(usize, u64)> {
    let header = elf::FileHeader64::<Endianness>::parse(content).unwrap();
    let endian = header.endian().unwrap();
    let segments = header.program_headers(endian, content).unwrap();
    let dynamic = segments.iter().find(|found| found.p_type.get(endian) == elf::PT_DYNAMIC)?;
    let start = usize::try_from(dynamic.p_offset.get(endian)).unwrap();
    let entries = dynamic.dynamic(endian, content).unwrap()?;
    let place = entries.iter().position(|entry| entry.d_tag.get(endian) == tag)?;
    Some((start + place * size_of_val(&entries[0]) + 8, entries[place].d_val.get(endian)))
}

#[test]
fn a_library_with_a_damaged_header_is_refused_before_it_is_loaded() {
    let Some(library) = c_library() else { return };
    let whole = fs::read(library).unwrap();
    let check = |at: usize, bytes: &[u8], expected: &str| {
        let mut content = whole.clone();
        content[at..at + bytes.len()].copy_from_slice(bytes);
        let error = refused_content(&content);
        assert!(matches!(error, LoadError::Damaged { .. }), "{expected}: {error}");
        assert!(error.to_string().ends_with(&format!("libplugin.so: is damaged: {expected}")));
        assert_eq!(error.hint(), "copy or build the file again");
    };
    check(E_SHENTSIZE, &[32], "its section headers cannot be read");
    let (symbols, start) = dynamic_entry(&whole, elf::DT_SYMTAB).unwrap();
    check(symbols, &(start + 8).to_ne_bytes(), "the table SYMTAB begins where no section does");
    // The name is given up for a count of all relocations, of which the last has a symbol.
    let (name, _) = dynamic_entry(&whole, elf::DT_SONAME).unwrap();
    let (_, size) = dynamic_entry(&whole, elf::DT_RELASZ).unwrap();
    let entry = [elf::DT_RELACOUNT.0.to_ne_bytes(), (size / 24).to_ne_bytes()].concat();
    check(name - 8, &entry, "RELACOUNT counts relocations of another kind");
}

#[test]
fn a_library_without_section_headers_is_judged_by_the_rest() {
    let Some(library) = c_library() else { return };
    let mut content = fs::read(library).unwrap();
    let (symbols, _) = dynamic_entry(&content, elf::DT_SYMTAB).unwrap();
    content[symbols..symbols + 8].copy_from_slice(&(1_u64 << 40).to_ne_bytes());
    // Their number and their size, but not their place.
    content[E_SHENTSIZE..E_SHENTSIZE + 4].fill(0);
    let error = refused_content(&content).to_string();
    assert!(error.ends_with("the table SYMTAB is not in what is loaded"), "{error}");
}

#[test]
fn a_library_for_another_machine_names_both() {
    let Some(library) = c_library() else { return };
    let whole = fs::read(library).unwrap();
    let check = |at: usize, bytes: &[u8], expected: &str| {
        let mut content = whole.clone();
        content[at..at + bytes.len()].copy_from_slice(bytes);
        let error = refused_content(&content);
        assert!(matches!(error, LoadError::OtherArchitecture { .. }), "{error}");
        let expected = format!("is built for {expected}, this is {}", std::env::consts::ARCH);
        assert!(error.to_string().ends_with(&expected), "{error}");
    };
    check(E_MACHINE, &22_u16.to_ne_bytes(), "s390x");
    check(E_MACHINE, &247_u16.to_ne_bytes(), "processor number 247");
    check(EI_CLASS, &[1], "a 32-bit processor");
}

#[test]
fn what_is_no_shared_library_is_refused() {
    let mut contents = vec![b"#!/bin/sh\nexit 0\n".to_vec(), b"x".to_vec(), vec![0; 4096]];
    if let Some(library) = c_library() {
        let whole = fs::read(library).unwrap();
        let (mut object_file, mut of_another_version) = (whole.clone(), whole);
        object_file[E_TYPE..E_TYPE + 2].copy_from_slice(&1_u16.to_ne_bytes());
        of_another_version[EI_VERSION] = 99;
        contents.extend([object_file, of_another_version]);
    }
    for content in contents {
        let error = refused_content(&content);
        assert!(matches!(error, LoadError::NotALibrary(_)), "{error}");
    }
    let error = refused(&std::env::current_exe().unwrap());
    assert!(matches!(error, LoadError::NotALibrary(_)), "a program: {error}");
}

#[test]
fn what_is_no_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(refused(dir.path()), LoadError::Folder(_)));
    assert!(matches!(refused(&dir.path().join("nope.so")), LoadError::NoSuchFile { .. }));
    assert!(matches!(refused_content(b""), LoadError::Empty(_)));
    let socket = dir.path().join("socket.so");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert!(matches!(refused(&socket), LoadError::NotALibrary(_)));
    let dangling = dir.path().join("dangling.so");
    std::os::unix::fs::symlink("nowhere.so", &dangling).unwrap();
    assert!(matches!(refused(&dangling), LoadError::NoSuchFile { .. }));
}

#[test]
fn a_file_that_is_not_there_tells_the_nearest_in_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("libhello.so"), "x").unwrap();
    fs::write(dir.path().join("libhello.txt"), "x").unwrap();
    let error = refused(&dir.path().join("libhelo.so"));
    assert_eq!(error.hint(), "did you mean 'libhello.so'?");
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("libplugin.so");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&file).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    assert!(matches!(refused(&file), LoadError::NoPermission(_)));
}
