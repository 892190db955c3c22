//! The ways in which a plugin does not load.

mod hint;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::line;

/// Why a plugin does not load: one line with the file and the cause.
///
/// With its [`hint`](Self::hint), which says what to do, it stays below 400 characters, whatever a
/// path or a plugin has in it; [`detail`](Self::detail) has what only those want who build plugins.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path names nothing.
    #[error("{}: no such file", line::path(file))]
    NoSuchFile {
        /// The path.
        file: PathBuf,
        /// Names in its folder that are much like it, the nearest first.
        near: Vec<String>,
    },

    /// No plugin folder has a library of that name.
    #[error("there is no plugin '{}' in {}", line::name(name), line::text(searched))]
    NoSuchPlugin {
        /// What was looked for.
        name: String,
        /// The folders in which it was looked for.
        searched: String,
        /// Names that are there and much like it, the nearest first.
        near: Vec<String>,
    },

    /// A plugin folder has several libraries of that name.
    #[error(
        "{} has several plugins '{}': {}",
        line::path(folder),
        line::name(name),
        line::list(&files.join(", "))
    )]
    AmbiguousName {
        /// What was looked for.
        name: String,
        /// The folder.
        folder: PathBuf,
        /// The names of the files.
        files: Vec<String>,
    },

    /// It is not the file that was asked for.
    #[error("{}: is another file: its SHA-256 is {actual}", line::path(file))]
    OtherFile {
        /// The file.
        file: PathBuf,
        /// Its SHA-256, as lower-case hex digits.
        actual: String,
    },

    /// The file, or a folder on the way to it, may not be read.
    #[error("{}: no permission to read it", line::path(.0))]
    NoPermission(PathBuf),

    /// The file cannot be read for another reason.
    #[error("{}: cannot be read: {}", line::path(file), line::text(&source.to_string()))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not; part of the line, since the line is all that a host gets.
        source: io::Error,
    },

    /// The path names a folder.
    #[error("{}: is a folder", line::path(.0))]
    Folder(PathBuf),

    /// There is nothing in the file.
    #[error("{}: is empty", line::path(.0))]
    Empty(PathBuf),

    /// The file is no library of this system.
    #[error("{}: is no shared library: a program, or not an ELF file of type DYN", line::path(.0))]
    NotALibrary(PathBuf),

    /// The library is one for another kind of processor.
    #[error("{}: is built for {theirs}, this is {ours}", line::path(file))]
    OtherArchitecture {
        /// The file.
        file: PathBuf,
        /// What it is built for.
        theirs: String,
        /// What this program is built for.
        ours: &'static str,
    },

    /// The file ends before what it announces.
    #[error("{}: is cut short: {has} bytes of at least {needs}", line::path(file))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        has: u64,
        /// Bytes that its own headers call for.
        needs: u64,
    },

    /// What its headers say cannot be so.
    #[error("{}: is damaged: {}", line::path(file), line::text(what))]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong in it.
        what: String,
    },

    /// A library that it needs is not there.
    #[error("{}: needs {}, which is not found", line::path(file), line::name(library))]
    MissingLibrary {
        /// The file.
        file: PathBuf,
        /// What it needs.
        library: String,
    },

    /// It needs a newer C library than this system has.
    #[error(
        "{}: needs {} of the C library, which is older here",
        line::path(file),
        line::name(version)
    )]
    NewerCLibrary {
        /// The file.
        file: PathBuf,
        /// Such as `GLIBC_2.40`.
        version: String,
    },

    /// The dynamic linker refuses it, or it refuses itself.
    #[error("{}: cannot be loaded: {}", line::path(file), line::text(cause))]
    Refused {
        /// The file.
        file: PathBuf,
        /// What the linker says, in full.
        cause: String,
    },

    /// A library, but no plugin.
    #[error("{}: not a universal-worker plugin", line::path(.0))]
    NotAPlugin(PathBuf),

    /// A plugin whose interface is written with a release of `abi_stable` that ours does not read.
    #[error("{}: is built with abi_stable {}, this worker with {}", line::path(file), theirs, ours)]
    OtherAbiStable {
        /// The file.
        file: PathBuf,
        /// Its major and minor version.
        theirs: String,
        /// Ours.
        ours: String,
    },

    /// A plugin for an interface with which this one does not speak.
    #[error(
        "{}: is built for plugin interface {}, this worker speaks {ours}",
        line::path(file),
        line::name(theirs)
    )]
    OtherInterface {
        /// The file.
        file: PathBuf,
        /// The version of its interface.
        theirs: String,
        /// The version of ours.
        ours: &'static str,
    },

    /// The same major version, but other types.
    #[error(
        "{}: its plugin interface {} does not match {ours} of this worker",
        line::path(file),
        line::name(theirs)
    )]
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

    /// The same version, but other types: whoever built it has changed the interface.
    #[error(
        "{}: is built against a patched plugin interface {}, which differs from this worker's",
        line::path(file),
        line::name(version)
    )]
    PatchedInterface {
        /// The file.
        file: PathBuf,
        /// The version of its interface, which is that of ours.
        version: String,
        /// What differs, over many lines.
        detail: String,
    },

    /// It cannot say what is in it.
    #[error("{}: cannot describe itself: {}", line::path(file), line::text(message))]
    NotDescribed {
        /// The file.
        file: PathBuf,
        /// Why not.
        message: String,
        /// What else it tells, over many lines.
        detail: Option<String>,
    },

    /// It says what is in it, but not as JSON that is understood.
    #[error(
        "{}: describes itself in a way that is not understood: {}",
        line::path(file), line::text(&cause.to_string())
    )]
    BadDescription {
        /// The file.
        file: PathBuf,
        /// What is wrong with its description.
        cause: serde_json::Error,
    },

    /// It did not come up in time.
    #[error("{}: {doing} takes longer than {} s", line::path(file), limit.as_secs_f64())]
    TooSlow {
        /// The file.
        file: PathBuf,
        /// What takes so long.
        doing: &'static str,
        /// How long it had.
        limit: Duration,
    },

    /// It exports nothing to open.
    #[error("{}: has no classes", line::path(.0))]
    NoClasses(PathBuf),

    /// There is no such class in it.
    #[error(
        "{}: has no class '{}'; it has {}",
        line::path(file),
        line::name(class),
        line::list(there)
    )]
    NoSuchClass {
        /// The file.
        file: PathBuf,
        /// What was looked for.
        class: String,
        /// The classes that it has.
        there: String,
        /// Those of them that are much like it, the nearest first.
        near: Vec<String>,
    },

    /// It has several classes, and none was named.
    #[error("{}: has several classes: {}", line::path(file), line::list(there))]
    WhichClass {
        /// The file.
        file: PathBuf,
        /// The classes that it has.
        there: String,
    },

    /// The class does not want to be opened here.
    #[error(
        "{}: class '{}' refuses to load: {}",
        line::path(file),
        line::name(class),
        line::text(message)
    )]
    ClassRefused {
        /// The file.
        file: PathBuf,
        /// The class.
        class: String,
        /// What it says.
        message: String,
        /// What else it tells, over many lines.
        detail: Option<String>,
    },

    /// The class panicked when it was opened.
    #[error(
        "{}: class '{}' panicked while loading: {}",
        line::path(file),
        line::name(class),
        line::text(message)
    )]
    ClassPanicked {
        /// The file.
        file: PathBuf,
        /// The class.
        class: String,
        /// The panic's message.
        message: String,
        /// The backtrace, where one was taken.
        detail: Option<String>,
    },
}

impl LoadError {
    /// What the line has no room for, maybe over many lines: for a log at debug level.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::IncompatibleLayout { detail, .. } | Self::PatchedInterface { detail, .. } => {
                Some(detail)
            }
            Self::Refused { cause: text, .. } | Self::NoSuchPlugin { searched: text, .. } => {
                (line::text(text) != *text).then_some(text)
            }
            Self::NotDescribed { detail, .. }
            | Self::ClassRefused { detail, .. }
            | Self::ClassPanicked { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}
