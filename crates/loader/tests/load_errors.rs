//! Files that are not plugins, most of them made from the C library of this process.
//!
//! The worker's integration tests load real plugins.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use universal_worker_loader::{Library, LoadError};

/// Offsets in the header of a 64-bit ELF file (elf(5)).
const EI_CLASS: usize = 4;
const EI_VERSION: usize = 6;
const E_TYPE: usize = 16;
const E_MACHINE: usize = 18;
const E_SHOFF: usize = 40;
const E_SHNUM: usize = 60;

/// The C library of this process, unless the test is linked statically.
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

fn open_error(file: &Path) -> LoadError {
    Library::open(file).expect_err("the file is not a plugin")
}

fn content_error(content: &[u8]) -> LoadError {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("libplugin.so");
    fs::write(&file, content).unwrap();
    open_error(&file)
}

#[test]
fn a_library_without_the_plugin_interface_is_not_a_plugin() {
    let Some(library) = c_library() else { return };
    let error = open_error(&library);
    assert!(matches!(error, LoadError::NotAPlugin(_)), "{error}");
    assert_eq!(error.to_string(), format!("{}: not a universal-worker plugin", library.display()));
}

#[test]
fn a_library_that_is_cut_short_is_refused_before_it_is_mapped() {
    let Some(library) = c_library() else { return };
    let whole = fs::read(library).unwrap();
    let steps = (1..100).map(|step| whole.len() * step / 100);
    for length in (4..200).chain([1000, 4096, whole.len() - 1]).chain(steps) {
        let error = content_error(&whole[..length]);
        let LoadError::Truncated { has, needs, .. } = error else { panic!("{length}: {error}") };
        assert_eq!(has, length as u64);
        assert!(has < needs && needs <= whole.len() as u64, "{length}: {needs}");
    }
}

#[test]
fn a_library_without_sections_that_is_cut_short_is_refused() {
    let Some(library) = c_library() else { return };
    let mut content = fs::read(library).unwrap();
    content[E_SHOFF..E_SHOFF + 8].fill(0);
    content[E_SHNUM..E_SHNUM + 4].fill(0);
    content.truncate(content.len() / 2);
    let error = content_error(&content);
    assert!(matches!(error, LoadError::Truncated { .. }), "{error}");
}

#[test]
fn a_library_for_another_machine_names_both() {
    let Some(library) = c_library() else { return };
    let whole = fs::read(library).unwrap();
    let check = |at: usize, bytes: &[u8], expected: &str| {
        let mut content = whole.clone();
        content[at..at + bytes.len()].copy_from_slice(bytes);
        let error = content_error(&content);
        assert!(matches!(error, LoadError::WrongArchitecture { .. }), "{error}");
        let expected =
            format!("is built for {expected}, but this worker for {}", std::env::consts::ARCH);
        assert!(error.to_string().ends_with(&expected), "{error}");
    };
    check(E_MACHINE, &22_u16.to_ne_bytes(), "s390x");
    check(E_MACHINE, &247_u16.to_ne_bytes(), "processor number 247");
    check(EI_CLASS, &[1], "a 32-bit processor");
}

#[test]
fn a_file_that_is_not_a_shared_library_is_refused() {
    let mut contents = vec![b"#!/bin/sh\nexit 0\n".to_vec(), b"x".to_vec(), vec![0; 4096]];
    if let Some(library) = c_library() {
        let whole = fs::read(library).unwrap();
        let (mut object_file, mut other_version) = (whole.clone(), whole);
        object_file[E_TYPE..E_TYPE + 2].copy_from_slice(&1_u16.to_ne_bytes());
        other_version[EI_VERSION] = 99;
        contents.extend([object_file, other_version]);
    }
    for content in contents {
        let error = content_error(&content);
        assert!(matches!(error, LoadError::NotALibrary(_)), "{error}");
    }
    let error = open_error(&std::env::current_exe().unwrap());
    assert!(matches!(error, LoadError::NotALibrary(_)), "a program: {error}");
}

#[test]
fn a_path_that_is_not_a_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(open_error(dir.path()), LoadError::IsDirectory(_)));
    assert!(matches!(open_error(&dir.path().join("nope.so")), LoadError::NoSuchFile { .. }));
    assert!(matches!(content_error(b""), LoadError::Empty(_)));
    let socket = dir.path().join("socket.so");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert!(matches!(open_error(&socket), LoadError::NotALibrary(_)));
    let dangling = dir.path().join("dangling.so");
    std::os::unix::fs::symlink("nowhere.so", &dangling).unwrap();
    assert!(matches!(open_error(&dangling), LoadError::NoSuchFile { .. }));
}

#[test]
fn a_missing_file_suggests_a_similar_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("libhello.so"), "x").unwrap();
    fs::write(dir.path().join("libhello.txt"), "x").unwrap();
    let error = open_error(&dir.path().join("libhelo.so"));
    assert_eq!(error.hint(), "did you mean 'libhello.so'?");
}

#[test]
fn a_file_without_read_permission_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("libplugin.so");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&file).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    assert!(matches!(open_error(&file), LoadError::NoPermission(_)));
}
