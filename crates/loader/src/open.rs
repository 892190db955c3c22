//! Loads a library and reaches into it: the one place that trusts what it finds there.

#![allow(unsafe_code, reason = "a loaded library's root is taken for what its layout says it is")]

use std::path::Path;

use abi_stable::abi_stability::StableAbi;
use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::LibHeader;
use abi_stable::library::LibraryError;
use abi_stable::library::RawLibrary;
use abi_stable::library::lib_header_from_raw_library;
use universal_worker_abi::PluginRootRef;
use universal_worker_abi::VERSION;

use crate::error::LoadError;

/// The root of the plugin library `file`.
pub(crate) fn root(file: &Path) -> Result<PluginRootRef, LoadError> {
    let header = header(file)?;
    check_interface(file, header)?;
    // SAFETY: the layouts were compared, and match in one direction at least: the one with fewer
    // fields is a prefix of the other, and prefix types carry how many fields they have.
    let root = unsafe { header.init_root_module_with_unchecked_layout::<PluginRootRef>() };
    root.map_err(|error| {
        let cause = first_line(&error.to_string());
        LoadError::Refused { file: file.to_owned(), cause }
    })
}

fn header(file: &Path) -> Result<&'static LibHeader, LoadError> {
    let library = RawLibrary::load_at(file).map_err(|error| not_loaded(file, &error))?;
    // Never unloaded, whatever is wrong with it: its constructors have run.
    let library: &'static RawLibrary = Box::leak(Box::new(library));
    // SAFETY: the library is never unloaded, so that its statics live as long as the process.
    unsafe { lib_header_from_raw_library(library) }.map_err(|error| match error {
        LibraryError::GetSymbolError { .. } => LoadError::NotAPlugin(file.to_owned()),
        other => LoadError::IncompatibleLayout {
            file: file.to_owned(),
            theirs: "of another abi_stable".to_owned(),
            ours: VERSION,
            detail: other.to_string(),
        },
    })
}

/// `abi_stable` by itself refuses an older plugin in a newer worker, the normal upgrade; either
/// direction is sound, so that one is enough.
fn check_interface(file: &Path, header: &'static LibHeader) -> Result<(), LoadError> {
    let theirs = header.version_strings().version.as_str();
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(theirs) != major(VERSION) {
        let theirs = theirs.to_owned();
        return Err(LoadError::OtherInterface { file: file.to_owned(), theirs, ours: VERSION });
    }
    let incompatible = |detail| LoadError::IncompatibleLayout {
        file: file.to_owned(),
        theirs: theirs.to_owned(),
        ours: VERSION,
        detail,
    };
    let ours = <PluginRootRef as StableAbi>::LAYOUT;
    let Some(layout) = header.layout() else {
        return Err(incompatible("the library does not tell its layout".to_owned()));
    };
    let Err(as_newer) = check_layout_compatibility(ours, layout) else { return Ok(()) };
    check_layout_compatibility(layout, ours).map_err(|_| incompatible(as_newer.to_string()))
}

/// Turns what `dlopen` says into what it means.
fn not_loaded(file: &Path, error: &LibraryError) -> LoadError {
    let LibraryError::OpenError { err, .. } = error else {
        return LoadError::Refused { file: file.to_owned(), cause: first_line(&error.to_string()) };
    };
    let cause =
        std::error::Error::source(&**err).map_or_else(|| err.to_string(), ToString::to_string);
    translated(file, &cause)
}

fn translated(file: &Path, cause: &str) -> LoadError {
    if let Some((library, _)) = cause.split_once(": cannot open shared object file") {
        let library = library.to_owned();
        return LoadError::MissingLibrary { file: file.to_owned(), library };
    }
    if let Some((_, rest)) = cause.split_once("version `GLIBC")
        && let Some((version, _)) = rest.split_once('\'')
    {
        let version = format!("GLIBC{version}");
        return LoadError::NewerCLibrary { file: file.to_owned(), version };
    }
    LoadError::Refused { file: file.to_owned(), cause: first_line(cause) }
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_linker_says_is_translated() {
        let file = Path::new("libx.so");
        for (cause, told) in [
            (
                "libcudart.so.12: cannot open shared object file: No such file or directory",
                "libx.so: needs libcudart.so.12, which is not found",
            ),
            (
                "/lib/libc.so.6: version `GLIBC_2.99' not found (required by libx.so)",
                "libx.so: needs GLIBC_2.99 of the C library",
            ),
            (
                "libx.so: undefined symbol: foo",
                "libx.so: cannot be loaded: libx.so: undefined symbol: foo",
            ),
        ] {
            assert_eq!(translated(file, cause).to_string(), told);
        }
    }
}
