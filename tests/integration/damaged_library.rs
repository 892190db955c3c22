//! A library that is complete but damaged: loading it crashes the process.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{plugin, program, scratch};

// elf(5)
const E_PHOFF: usize = 32;
const PROGRAM_HEADER_BYTES: usize = 56;
const PT_DYNAMIC: u64 = 2;
const P_OFFSET: usize = 8;
const DYNAMIC_ENTRY_BYTES: usize = 16;
const DT_SYMTAB: u64 = 6;

/// Added to the address of any library, this is above the memory of a process.
const UNMAPPED: u64 = 1 << 47;

#[test]
fn a_crash_while_loading_names_the_file_and_says_that_it_may_be_damaged() {
    let dir = scratch();
    let library = dir.path().join("libdamaged.so");
    fs::write(&library, with_unmapped_symbols(fs::read(plugin("hello")).unwrap())).unwrap();
    let ended = load(&library);
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.signal(), Some(11), "{}: {stderr}", ended.status);
    let last = stderr.lines().rfind(|line| line.starts_with("FATAL: ")).unwrap_or_default();
    assert!(last.starts_with("FATAL: SIGSEGV"), "{stderr}");
    assert!(last.contains(library.to_str().unwrap()), "{last}");
    assert!(last.contains("may be damaged"), "{last}");
}

#[test]
fn a_crash_after_loading_does_not_blame_the_file() {
    let dir = scratch();
    let mut worker = Command::new(program());
    worker.arg("--module").arg(plugin("conformance")).args(["--class", "Conformance"]);
    worker.args(["--config", r#"{"initialize_raises":11}"#, "--port", "0"]);
    let ended = worker.current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.lines().any(|line| line.starts_with("FATAL: SIGSEGV")), "{stderr}");
    assert!(!stderr.contains("damaged"), "{stderr}");
}

/// Loads the library by its name, so that the line must have the resolved path.
fn load(library: &Path) -> Output {
    let mut worker = Command::new(program());
    worker.args(["--module", "damaged", "--plugin-dir"]).arg(library.parent().unwrap());
    worker.arg("--check");
    worker.stdin(Stdio::null()).output().unwrap()
}

/// Moves the symbol table to an unmapped address: the dynamic linker reads it to relocate the
/// library, without a check.
fn with_unmapped_symbols(mut file: Vec<u8>) -> Vec<u8> {
    let headers = index(number(&file, E_PHOFF, 8));
    let mut headers = (headers..).step_by(PROGRAM_HEADER_BYTES);
    let dynamic = headers.find(|header| number(&file, *header, 4) == PT_DYNAMIC).unwrap();
    let entries = index(number(&file, dynamic + P_OFFSET, 8));
    let mut entries = (entries..).step_by(DYNAMIC_ENTRY_BYTES);
    let symbols = entries.find(|entry| number(&file, *entry, 8) == DT_SYMTAB).unwrap();
    file[symbols + 8..symbols + 16].copy_from_slice(&UNMAPPED.to_le_bytes());
    file
}

fn number(file: &[u8], start: usize, size: usize) -> u64 {
    let bytes = &file[start..start + size];
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}
