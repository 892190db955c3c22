//! Loads a library and takes its root module; all trust in the library's content is in this file.

#![allow(unsafe_code, reason = "a root module is used with the type that its layout describes")]

use std::path::Path;

use abi_stable::abi_stability::StableAbi;
use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::{
    AbiHeader, LibHeader, LibraryError, RawLibrary, RootModule, lib_header_from_raw_library,
};
use abi_stable::type_layout::TypeLayout;
use universal_worker_abi::{PluginRootRef, VERSION};

use crate::error::LoadError;
use crate::linker;

/// Loads the plugin library `file` and returns its root module.
///
/// Not with `abi_stable`'s own functions: `load_from*` returns the first library for every further
/// file, and `lib_header_from_path` unloads a library that it rejects.
pub(crate) fn root(file: &Path) -> Result<PluginRootRef, LoadError> {
    let header = header(file)?;
    check_interface(file, header)?;
    // SAFETY: the layouts match in at least one direction: the one with fewer fields is a prefix of
    // the other, and prefix types carry their number of fields.
    let root = unsafe { header.init_root_module_with_unchecked_layout::<PluginRootRef>() };
    root.map_err(|error| {
        let cause = match error {
            LibraryError::RootModule { err, .. } => err.to_string(),
            other => other.to_string(),
        };
        LoadError::CannotLoad { file: file.to_owned(), cause }
    })
}

/// Loads the library, which runs its constructors, and finds its header.
fn header(file: &Path) -> Result<&'static LibHeader, LoadError> {
    // The linker would look up a path without a slash in the system's folders.
    let absolute = std::path::absolute(file)
        .map_err(|source| LoadError::Unreadable { file: file.to_owned(), source })?;
    let library = RawLibrary::load_at(&absolute).map_err(|error| match error {
        LibraryError::OpenError { err, .. } => linker::error(file, &absolute, &err.to_string()),
        other => LoadError::CannotLoad { file: file.to_owned(), cause: other.to_string() },
    })?;
    // Not unloaded even after an error below: its constructors may have started threads.
    let library: &'static RawLibrary = Box::leak(Box::new(library));
    // SAFETY: the library is never unloaded, so its statics live as long as the process.
    unsafe { lib_header_from_raw_library(library) }.map_err(|error| match error {
        LibraryError::GetSymbolError { .. } => LoadError::NotAPlugin(file.to_owned()),
        LibraryError::InvalidAbiHeader(found) => header_error(file, &found),
        other => LoadError::CannotLoad { file: file.to_owned(), cause: other.to_string() },
    })
}

fn header_error(file: &Path, found: &AbiHeader) -> LoadError {
    let ours = AbiHeader::VALUE;
    if found.magic_string != ours.magic_string {
        return LoadError::NotAPlugin(file.to_owned());
    }
    let version = |header: &AbiHeader| format!("{}.{}", header.abi_major, header.abi_minor);
    LoadError::WrongAbiStable {
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
        return Err(LoadError::WrongInterface { file: file.to_owned(), theirs, ours: VERSION });
    }
    let layout = header.layout().ok_or_else(|| "the library has no layout".to_owned());
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

/// Checks that one of the interfaces is a later version of the other; the error is the differences.
///
/// `abi_stable` itself rejects an older plugin in a newer worker, which is the normal upgrade.
/// Both directions are sound, so one match is enough.
fn check_layouts(ours: &'static TypeLayout, theirs: &'static TypeLayout) -> Result<(), String> {
    let Err(not_later) = check_layout_compatibility(ours, theirs) else { return Ok(()) };
    check_layout_compatibility(theirs, ours).map_err(|not_earlier| {
        format!(
            "it is not a later version of our interface: {not_later}\n\
             it is not an earlier version of our interface: {not_earlier}"
        )
    })
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(dead_code, reason = "only the layouts count")]
    mod old {
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
    fn a_grown_interface_matches_both_ways_and_a_changed_one_does_not() {
        let (old, grown) = (old::RootRef::LAYOUT, grown::RootRef::LAYOUT);
        let changed = changed::RootRef::LAYOUT;
        for (ours, theirs) in [(old, old), (old, grown), (grown, old)] {
            assert_eq!(check_layouts(ours, theirs), Ok(()));
        }
        for (ours, theirs) in [(old, changed), (changed, old), (grown, changed), (changed, grown)] {
            assert!(check_layouts(ours, theirs).is_err());
        }
        let one_way = [(old, grown), (grown, old)].map(|(a, b)| check_layout_compatibility(a, b));
        assert!(one_way.iter().any(Result::is_err), "abi_stable refuses one direction");
    }

    #[test]
    fn only_the_major_version_has_to_match() {
        assert_eq!(major("1.0.0"), major("1.4.2"));
        assert_ne!(major("1.0.0"), major("10.0.0"));
    }
}
