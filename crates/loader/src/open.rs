//! Loads a library and reaches into it: the one place that trusts what it finds there.

#![allow(unsafe_code, reason = "a loaded library's root is taken for what its layout says it is")]

use std::path::Path;

use abi_stable::abi_stability::StableAbi;
use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::AbiHeader;
use abi_stable::library::LibHeader;
use abi_stable::library::LibraryError;
use abi_stable::library::RawLibrary;
use abi_stable::library::RootModule;
use abi_stable::library::lib_header_from_raw_library;
use abi_stable::type_layout::TypeLayout;
use universal_worker_abi::PluginRootRef;
use universal_worker_abi::VERSION;

use crate::error::LoadError;
use crate::linker;

/// The root of the plugin library `file`.
///
/// `abi_stable`'s own `load_from*` would hand back the first library for a second file, and its
/// `lib_header_from_path` unloads a library that it refuses.
pub(crate) fn root(file: &Path) -> Result<PluginRootRef, LoadError> {
    let header = header(file)?;
    check_interface(file, header)?;
    // SAFETY: the layouts were compared, and match in one direction at least: the one with fewer
    // fields is a prefix of the other, and prefix types carry how many fields they have.
    let root = unsafe { header.init_root_module_with_unchecked_layout::<PluginRootRef>() };
    root.map_err(|error| {
        let cause = match error {
            LibraryError::RootModule { err, .. } => err.to_string(),
            other => other.to_string(),
        };
        LoadError::Refused { file: file.to_owned(), cause }
    })
}

/// Runs the library's constructors, and finds its header.
fn header(file: &Path) -> Result<&'static LibHeader, LoadError> {
    // A path without a slash would be searched for in the folders of the system.
    let absolute = std::path::absolute(file)
        .map_err(|source| LoadError::Unreadable { file: file.to_owned(), source })?;
    let library = RawLibrary::load_at(&absolute).map_err(|error| match error {
        LibraryError::OpenError { err, .. } => linker::refusal(file, &absolute, &err.to_string()),
        other => LoadError::Refused { file: file.to_owned(), cause: other.to_string() },
    })?;
    // Never unloaded, whatever is wrong with it: its constructors have run.
    let library: &'static RawLibrary = Box::leak(Box::new(library));
    // SAFETY: the library is never unloaded, so that its statics live as long as the process.
    unsafe { lib_header_from_raw_library(library) }.map_err(|error| match error {
        LibraryError::GetSymbolError { .. } => LoadError::NotAPlugin(file.to_owned()),
        LibraryError::InvalidAbiHeader(found) => other_abi_stable(file, &found),
        other => LoadError::Refused { file: file.to_owned(), cause: other.to_string() },
    })
}

fn other_abi_stable(file: &Path, found: &AbiHeader) -> LoadError {
    let ours = AbiHeader::VALUE;
    if found.magic_string != ours.magic_string {
        return LoadError::NotAPlugin(file.to_owned());
    }
    let version = |header: &AbiHeader| format!("{}.{}", header.abi_major, header.abi_minor);
    LoadError::OtherAbiStable {
        file: file.to_owned(),
        theirs: version(found),
        ours: version(&ours),
    }
}

fn check_interface(file: &Path, header: &'static LibHeader) -> Result<(), LoadError> {
    if header.root_mod_consts().base_name().as_str() != PluginRootRef::BASE_NAME {
        return Err(LoadError::NotAPlugin(file.to_owned()));
    }
    let theirs = header.version_strings().version.as_str();
    if major(theirs) != major(VERSION) {
        let theirs = theirs.to_owned();
        return Err(LoadError::OtherInterface { file: file.to_owned(), theirs, ours: VERSION });
    }
    let layout = header.layout().ok_or_else(|| "the library does not tell its layout".to_owned());
    let matched = layout.and_then(|theirs| check_layouts(PluginRootRef::LAYOUT, theirs));
    matched.map_err(|detail| {
        let (file, theirs) = (file.to_owned(), theirs.to_owned());
        if theirs == VERSION {
            LoadError::PatchedInterface { file, version: theirs, detail }
        } else {
            LoadError::IncompatibleLayout { file, theirs, ours: VERSION, detail }
        }
    })
}

/// What differs, where neither interface is a later one of the other.
///
/// `abi_stable` by itself refuses an older plugin in a newer worker, the normal upgrade; either
/// direction is sound, so that one is enough.
fn check_layouts(ours: &'static TypeLayout, theirs: &'static TypeLayout) -> Result<(), String> {
    let Err(not_later) = check_layout_compatibility(ours, theirs) else { return Ok(()) };
    check_layout_compatibility(theirs, ours).map_err(|not_earlier| {
        format!(
            "it is no later interface than ours: {not_later}\n\
             it is no earlier interface than ours: {not_earlier}"
        )
    })
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interface as it was, as it has grown, and with a field that became another.
    #[allow(dead_code, reason = "only the layouts count")]
    mod was {
        #[repr(C)]
        #[derive(abi_stable::StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = RootRef)))]
        #[sabi(missing_field(panic))]
        pub(super) struct Root {
            #[sabi(last_prefix_field)]
            pub(super) open: extern "C" fn(u32) -> u32,
        }
    }
    #[allow(dead_code, reason = "only the layouts count")]
    mod grown {
        #[repr(C)]
        #[derive(abi_stable::StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = RootRef)))]
        #[sabi(missing_field(panic))]
        pub(super) struct Root {
            #[sabi(last_prefix_field)]
            pub(super) open: extern "C" fn(u32) -> u32,
            pub(super) close: extern "C" fn(u32),
        }
    }
    #[allow(dead_code, reason = "only the layouts count")]
    mod changed {
        #[repr(C)]
        #[derive(abi_stable::StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = RootRef)))]
        #[sabi(missing_field(panic))]
        pub(super) struct Root {
            #[sabi(last_prefix_field)]
            pub(super) open: extern "C" fn(u64) -> u32,
        }
    }

    #[test]
    fn an_earlier_and_a_later_interface_match_and_a_changed_one_does_not() {
        let (was, grown) = (was::RootRef::LAYOUT, grown::RootRef::LAYOUT);
        let changed = changed::RootRef::LAYOUT;
        for (ours, theirs) in [(was, was), (was, grown), (grown, was)] {
            assert_eq!(check_layouts(ours, theirs), Ok(()));
        }
        for (ours, theirs) in [(was, changed), (changed, was), (grown, changed), (changed, grown)] {
            assert!(check_layouts(ours, theirs).is_err());
        }
        let one_way = [(was, grown), (grown, was)].map(|(a, b)| check_layout_compatibility(a, b));
        assert!(one_way.iter().any(Result::is_err), "one direction alone would do");
    }

    #[test]
    fn interfaces_of_one_major_version_speak() {
        assert_eq!(major("1.0.0"), major("1.4.2"));
        assert_ne!(major("1.0.0"), major("10.0.0"));
    }
}
