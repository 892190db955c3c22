//! The ways in which loading a plugin fails.

mod hint;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use universal_worker_sanitize as sanitize;

/// Why a plugin failed to load: one line with the file and the cause.
///
/// Message and [`hint`](Self::hint) together stay below 400 characters and free of control
/// characters, whatever a path or a plugin contains.
/// [`detail`](Self::detail) has what does not fit, for the author of the plugin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No file has this path.
    #[error("{}: no such file", sanitize::path(file))]
    NoSuchFile {
        /// The path.
        file: PathBuf,
        /// Similar file names in the same folder, the most similar first.
        suggestions: Vec<String>,
    },

    /// No plugin folder has a library of this name.
    #[error("there is no plugin '{}' in {}", sanitize::name(name), sanitize::text(searched))]
    NoSuchPlugin {
        /// The requested name.
        name: String,
        /// The searched folders, as text.
        searched: String,
        /// Similar names of plugins in these folders, the most similar first.
        suggestions: Vec<String>,
    },

    /// No plugin folder has a plugin of this name, and no interpreter can look for a module of it.
    #[error(
        "there is no plugin '{}' in {}, and no Python: {}",
        sanitize::name(name),
        // These keep their ends, and are shorter than other texts.
        sanitize::path(Path::new(searched)),
        sanitize::path(Path::new(why))
    )]
    NoSuchPluginAndNoPython {
        /// The requested name.
        name: String,
        /// The searched folders, as text.
        searched: String,
        /// Similar names of plugins in these folders, the most similar first.
        suggestions: Vec<String>,
        /// Why there is no interpreter.
        why: String,
    },

    /// A plugin folder has several libraries of this name.
    #[error(
        "{} has several plugins '{}': {}",
        sanitize::path(folder),
        sanitize::name(name),
        sanitize::list(&files.join(", "))
    )]
    AmbiguousName {
        /// The requested name.
        name: String,
        /// The folder.
        folder: PathBuf,
        /// The names of the matching files.
        files: Vec<String>,
    },

    /// The file does not have the expected SHA-256.
    #[error("{}: is not the expected file: its SHA-256 is {actual}", sanitize::path(file))]
    DigestMismatch {
        /// The file.
        file: PathBuf,
        /// The file's SHA-256, as lower-case hex digits.
        actual: String,
    },

    /// A module to import is no file with a SHA-256.
    #[error("module '{}': is not a file, and has no SHA-256", sanitize::name(.0))]
    NoDigest(String),

    /// The path names no Python module.
    #[error("{}: is neither a .py file nor the folder of a package", sanitize::path(.0))]
    NotPython(PathBuf),

    /// The permissions of the file, or of a folder above it, do not allow reading it.
    #[error("{}: permission denied", sanitize::path(.0))]
    NoPermission(PathBuf),

    /// The file cannot be read for another reason.
    #[error("{}: cannot be read: {}", sanitize::path(file), sanitize::text(&source.to_string()))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause; part of the message, because the message is all that a host gets.
        source: io::Error,
    },

    /// The path names a folder.
    #[error("{}: is a folder, not a library", sanitize::path(.0))]
    IsDirectory(PathBuf),

    /// The file has no content.
    #[error("{}: is empty", sanitize::path(.0))]
    Empty(PathBuf),

    /// The file is a program, an ELF file of another type, or not an ELF file at all.
    #[error("{}: is not a shared library, but a program or another kind of file", sanitize::path(.0))]
    NotALibrary(PathBuf),

    /// The library is built for another processor architecture.
    #[error("{}: is built for {theirs}, but this worker for {ours}", sanitize::path(file))]
    WrongArchitecture {
        /// The file.
        file: PathBuf,
        /// The architecture of the library.
        theirs: String,
        /// The architecture of this program.
        ours: &'static str,
    },

    /// The file is shorter than its headers say.
    #[error("{}: is cut short: it has {has} of at least {needs} bytes", sanitize::path(file))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// The size of the file in bytes.
        has: u64,
        /// The size in bytes that its headers require.
        needs: u64,
    },

    /// A library that the plugin depends on is not installed.
    #[error("{}: needs {}, which is not found", sanitize::path(file), sanitize::name(library))]
    MissingLibrary {
        /// The file.
        file: PathBuf,
        /// The name of the missing library.
        library: String,
    },

    /// The plugin needs a newer C library than this system has.
    #[error(
        "{}: needs {} of the C library, but this system has an older one",
        sanitize::path(file),
        sanitize::name(version)
    )]
    NewerCLibrary {
        /// The file.
        file: PathBuf,
        /// The required version, such as `GLIBC_2.40`.
        version: String,
    },

    /// The dynamic linker, or the library's own root function, reports an error.
    #[error("{}: cannot be loaded: {}", sanitize::path(file), sanitize::text(cause))]
    CannotLoad {
        /// The file.
        file: PathBuf,
        /// The full text of the error.
        cause: String,
    },

    /// A library that does not export the plugin interface.
    #[error("{}: not a universal-worker plugin", sanitize::path(.0))]
    NotAPlugin(PathBuf),

    /// The plugin is built with an incompatible release of `abi_stable`.
    #[error(
        "{}: is built with abi_stable {}, but this worker with {}",
        sanitize::path(file),
        theirs,
        ours
    )]
    WrongAbiStable {
        /// The file.
        file: PathBuf,
        /// Major and minor version in the plugin.
        theirs: String,
        /// Major and minor version in this program.
        ours: String,
    },

    /// The plugin is built for another major version of the plugin interface.
    #[error(
        "{}: is built for plugin interface {}, this worker speaks {ours}",
        sanitize::path(file),
        sanitize::name(theirs)
    )]
    WrongInterface {
        /// The file.
        file: PathBuf,
        /// The plugin's version of the interface.
        theirs: String,
        /// This program's version of the interface.
        ours: &'static str,
    },

    /// The major version of the interface is the same, but its types differ.
    #[error(
        "{}: its plugin interface {} does not match {ours} of this worker",
        sanitize::path(file),
        sanitize::name(theirs)
    )]
    IncompatibleLayout {
        /// The file.
        file: PathBuf,
        /// The plugin's version of the interface.
        theirs: String,
        /// This program's version of the interface.
        ours: &'static str,
        /// The differences, on several lines.
        detail: String,
    },

    /// The version of the interface is the same, but its types differ: the plugin was built against
    /// modified sources.
    #[error(
        "{}: is built against a patched plugin interface {}, which differs from this worker's",
        sanitize::path(file),
        sanitize::name(version)
    )]
    PatchedInterface {
        /// The file.
        file: PathBuf,
        /// The version of both interfaces.
        version: String,
        /// The differences, on several lines.
        detail: String,
    },

    /// The library returns an error instead of its description.
    #[error("{}: cannot describe itself: {}", sanitize::path(file), sanitize::text(message))]
    DescribeFailed {
        /// The file.
        file: PathBuf,
        /// The message of the error.
        message: String,
        /// The rest of the error, on several lines.
        detail: Option<String>,
    },

    /// The description of the library or class is not the expected JSON.
    #[error(
        "{}: has an invalid description: {}",
        sanitize::path(file), sanitize::text(&cause.to_string())
    )]
    BadDescription {
        /// The file.
        file: PathBuf,
        /// The error in the description.
        cause: serde_json::Error,
    },

    /// The library exports no class.
    #[error("{}: has no classes", sanitize::path(.0))]
    NoClasses(PathBuf),

    /// The library has no class of this name.
    #[error(
        "{}: has no class '{}'; it has {}",
        sanitize::path(file),
        sanitize::name(class),
        sanitize::list(available)
    )]
    NoSuchClass {
        /// The file.
        file: PathBuf,
        /// The requested class.
        class: String,
        /// The names of its classes.
        available: String,
        /// Similar names among them, the most similar first.
        suggestions: Vec<String>,
    },

    /// The library has several classes, and the caller named none.
    #[error("{}: has several classes: {}", sanitize::path(file), sanitize::list(available))]
    AmbiguousClass {
        /// The file.
        file: PathBuf,
        /// The names of its classes.
        available: String,
    },

    /// The `load` of the class returned an error.
    #[error(
        "{}: class '{}' failed to load: {}",
        sanitize::path(file),
        sanitize::name(class),
        sanitize::text(message)
    )]
    ClassFailed {
        /// The file.
        file: PathBuf,
        /// The class.
        class: String,
        /// The message of the error.
        message: String,
        /// The rest of the error, on several lines.
        detail: Option<String>,
    },

    /// The `load` of the class panicked.
    #[error(
        "{}: class '{}' panicked while loading: {}",
        sanitize::path(file),
        sanitize::name(class),
        sanitize::text(message)
    )]
    ClassPanicked {
        /// The file.
        file: PathBuf,
        /// The class.
        class: String,
        /// The message of the panic.
        message: String,
        /// The backtrace, if one was captured.
        detail: Option<String>,
    },
}

impl LoadError {
    /// Details beyond the message, on one or more lines, for a log at debug level.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::IncompatibleLayout { detail, .. } | Self::PatchedInterface { detail, .. } => {
                Some(detail)
            }
            Self::CannotLoad { cause: text, .. }
            | Self::NoSuchPlugin { searched: text, .. }
            | Self::NoSuchPluginAndNoPython { searched: text, .. } => {
                (sanitize::text(text) != *text).then_some(text)
            }
            Self::DescribeFailed { detail, .. }
            | Self::ClassFailed { detail, .. }
            | Self::ClassPanicked { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}
