//! The ways in which a plugin does not load.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a plugin does not load: one line with the file and the cause.
///
/// [`hint`](Self::hint) says what to do, [`detail`](Self::detail) what only a debugger of plugins
/// wants to read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path names nothing.
    #[error("{}: no such file", .0.display())]
    NoSuchFile(PathBuf),

    /// No plugin folder has a library of that name.
    #[error("there is no plugin '{name}' in {searched}")]
    NoSuchPlugin {
        /// What was looked for.
        name: String,
        /// The folders in which it was looked for.
        searched: String,
        /// A name that is there and much like it.
        near: Option<String>,
    },

    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not; part of the line, since it is the cause.
        source: io::Error,
    },

    /// The path names a folder.
    #[error("{}: is a folder", .0.display())]
    Folder(PathBuf),

    /// There is nothing in the file.
    #[error("{}: is empty", .0.display())]
    Empty(PathBuf),

    /// The file is no library of this system.
    #[error("{}: is no shared library (not an ELF file of type DYN)", .0.display())]
    NotALibrary(PathBuf),

    /// The library is one for another kind of processor.
    #[error("{}: is built for {theirs}, this is {ours}", file.display())]
    OtherArchitecture {
        /// The file.
        file: PathBuf,
        /// What it is built for.
        theirs: String,
        /// What this program is built for.
        ours: &'static str,
    },

    /// The file ends before what it announces.
    #[error("{}: is cut short: {has} bytes of at least {needs}", file.display())]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        has: u64,
        /// What its own headers call for.
        needs: u64,
    },

    /// A library that it needs is not there.
    #[error("{}: needs {library}, which is not found", file.display())]
    MissingLibrary {
        /// The file.
        file: PathBuf,
        /// What it needs.
        library: String,
    },

    /// It needs a newer C library than this system has.
    #[error("{}: needs {version} of the C library", file.display())]
    NewerCLibrary {
        /// The file.
        file: PathBuf,
        /// Such as `GLIBC_2.40`.
        version: String,
    },

    /// The dynamic linker refuses it.
    #[error("{}: cannot be loaded: {cause}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// What the linker says.
        cause: String,
    },

    /// A library, but no plugin.
    #[error("{}: not a universal-worker plugin", .0.display())]
    NotAPlugin(PathBuf),

    /// A plugin for an interface with which this one does not speak.
    #[error("{}: is built for plugin interface {theirs}, this worker speaks {ours}", file.display())]
    OtherInterface {
        /// The file.
        file: PathBuf,
        /// The version of its interface.
        theirs: String,
        /// The version of ours.
        ours: &'static str,
    },

    /// The same version by name, but other types.
    #[error("{}: its plugin interface {theirs} does not match {ours} of this worker", file.display())]
    IncompatibleLayout {
        /// The file.
        file: PathBuf,
        /// The version of its interface.
        theirs: String,
        /// The version of ours.
        ours: &'static str,
        /// What differs, over many lines.
        detail: String,
    },

    /// It does not say what is in it.
    #[error("{}: describes itself in a way that is not understood: {cause}", file.display())]
    BadDescription {
        /// The file.
        file: PathBuf,
        /// What is wrong with its description.
        cause: serde_json::Error,
    },

    /// There is no such class in it.
    #[error("{}: has no class '{class}'; it has {there}", file.display())]
    NoSuchClass {
        /// The file.
        file: PathBuf,
        /// What was looked for.
        class: String,
        /// The classes that it has.
        there: String,
    },

    /// It has several classes, and none was named.
    #[error("{}: has several classes: {there}", file.display())]
    WhichClass {
        /// The file.
        file: PathBuf,
        /// The classes that it has.
        there: String,
    },

    /// The class does not want to be opened here.
    #[error("{}: class '{class}' refuses to load: {message}", file.display())]
    ClassRefused {
        /// The file.
        file: PathBuf,
        /// The class.
        class: String,
        /// What it says, or where it panicked.
        message: String,
        /// The backtrace of a panic, where one was taken.
        detail: Option<String>,
    },
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoSuchFile(_) => {
                "check the path; a name without a slash is looked up in the plugin folders".into()
            }
            Self::NoSuchPlugin { near: Some(near), .. } => format!("did you mean '{near}'?"),
            Self::NoSuchPlugin { near: None, .. } => {
                "name a folder with --plugin-dir, or give a path with a slash".into()
            }
            Self::Unreadable { .. } => "check the permissions of the file and its folders".into(),
            Self::Folder(_) => "name the library in it; --plugin-dir names a folder".into(),
            Self::Empty(_) | Self::Truncated { .. } => "copy or build the file again".into(),
            Self::NotALibrary(_) | Self::NotAPlugin(_) => {
                "a plugin is a crate of type cdylib that calls export_plugins!".into()
            }
            Self::OtherArchitecture { .. } => "build the plugin for this machine".into(),
            Self::MissingLibrary { library, .. } => {
                format!("install {library}, or name its folder in LD_LIBRARY_PATH")
            }
            Self::NewerCLibrary { .. } => {
                "build the plugin on an older system, or update this one".into()
            }
            Self::Refused { .. } => "ldd shows what the library needs".into(),
            Self::OtherInterface { .. } | Self::IncompatibleLayout { .. } => {
                "build the plugin again with the plugin crate of this worker".into()
            }
            Self::BadDescription { .. } => "report it to the author of the plugin".into(),
            Self::NoSuchClass { .. } | Self::WhichClass { .. } => {
                "name one of them with --class".into()
            }
            Self::ClassRefused { .. } => {
                "see what the plugin needs, or report it to its author".into()
            }
        }
    }

    /// More, over many lines, for who builds plugins.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::IncompatibleLayout { detail, .. } => Some(detail),
            Self::ClassRefused { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}
