//! Tests that the interface stays compatible with all recorded versions.
//!
//! Each minor version has a file that never changes. Plugins built against it must load as long as the major
//! version lives, so only the changes that [`compare`] accepts are allowed.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]
#![cfg(target_pointer_width = "64")]

mod compare;
mod numbers;
mod rules;
mod text;
mod types;

use std::path::PathBuf;
use std::{env, fs};

use universal_worker_abi::VERSION;

use crate::text::Item;

/// Set to record the layout of a new minor version.
const RECORD: &str = "UNIVERSAL_WORKER_RECORD_LAYOUT";

#[test]
fn interface_is_compatible_with_all_recorded_versions() {
    let now = now();
    for (version, golden) in goldens() {
        let broken = compare::broken(&golden, &now);
        assert!(
            broken.is_empty(),
            "plugins built against interface {version} would no longer work:\n- {}\n\
             revert this; docs/abi.md says how the interface may grow",
            broken.join("\n- ")
        );
    }
}

#[test]
fn current_version_is_recorded() {
    let now = now();
    let file = folder().join(format!("{}.txt", minor(VERSION)));
    if !file.exists() && env::var_os(RECORD).is_some() {
        fs::write(&file, text::write(&now)).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap_or_else(|_| {
        panic!(
            "interface {} is not recorded: run this test once with {RECORD}=1 and commit the \
             file that it writes, which must never change afterward",
            minor(VERSION)
        )
    });
    let recorded = text::read(&recorded);
    // Incompatible changes fail the other test.
    let broken = !compare::broken(&recorded, &now).is_empty();
    let added = if broken { Vec::new() } else { compare::added(&recorded, &now) };
    assert!(
        added.is_empty(),
        "interface {} has grown by {}, which requires a new minor version: raise the version of \
         this package, then run this test once with {RECORD}=1",
        minor(VERSION),
        added.join(", ")
    );
}

/// The interface of this build.
fn now() -> Vec<Item> {
    [types::items(), numbers::items()].concat()
}

/// The recorded interfaces of this major version.
fn goldens() -> Vec<(String, Vec<Item>)> {
    let major = format!("{}.", VERSION.split('.').next().unwrap());
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let goldens = files.filter_map(|file| {
        let version = file.file_name()?.to_str()?.strip_suffix(".txt")?.to_owned();
        let text = version.starts_with(&major).then(|| fs::read_to_string(&file).unwrap())?;
        Some((version, text::read(&text)))
    });
    goldens.collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/layout")
}

/// The version without the patch number, which does not matter to the interface.
fn minor(version: &str) -> &str {
    version.rsplit_once('.').map_or(version, |(minor, _)| minor)
}
