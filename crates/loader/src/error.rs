//! The ways in which a plugin does not load.

mod hint;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use universal_worker_sanitize as sanitize;

/// Why a plugin does not load: one line with the file and the cause.
///
/// With its [`hint`](Self::hint), which says what to do, it stays below 400 characters, whatever a
/// path or a plugin has in it; [`detail`](Self::detail) has what only those want who build plugins.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path names nothing.
    #[error("{}: no such file", sanitize::path(file))]
    NoSuchFile {
        /// The path.
        file: PathBuf,
        /// Names in its folder that are much like it, the nearest first.
        near: Vec<String>,
    },

    /// No plugin folder has a library of that name.
    #[error("there is no plugin '{}' in {}", sanitize::name(name), sanitize::text(searched))]
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
        sanitize::path(folder),
        sanitize::name(name),
        sanitize::list(&files.join(", "))
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
    #[error("{}: is another file: its SHA-256 is {actual}", sanitize::path(file))]
    OtherFile {
        /// The file.
        file: PathBuf,
        /// Its SHA-256, as lower-case hex digits.
        actual: String,
    },

    /// The file, or a folder on the way to it, may not be read.
    #[error("{}: no permission to read it", sanitize::path(.0))]
    NoPermission(PathBuf),

    /// The file cannot be read for another reason.
    #[error("{}: cannot be read: {}", sanitize::path(file), sanitize::text(&source.to_string()))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not; part of the line, since the line is all that a host gets.
        source: io::Error,
    },

    /// The path names a folder.
    #[error("{}: is a folder", sanitize::path(.0))]
    Folder(PathBuf),

    /// There is nothing in the file.
    #[error("{}: is empty", sanitize::path(.0))]
    Empty(PathBuf),

    /// The file is no library of this system.
    #[error("{}: is no shared library: a program, or not an ELF file of type DYN", sanitize::path(.0))]
    NotALibrary(PathBuf),

    /// The library is one for another kind of processor.
    #[error("{}: is built for {theirs}, this is {ours}", sanitize::path(file))]
    OtherArchitecture {
        /// The file.
        file: PathBuf,
        /// What it is built for.
        theirs: String,
        /// What this program is built for.
        ours: &'static str,
    },

    /// The file ends before what it announces.
    #[error("{}: is cut short: {has} bytes of at least {needs}", sanitize::path(file))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        has: u64,
        /// Bytes that its own headers call for.
        needs: u64,
    },

    /// What its headers say cannot be so.
    #[error("{}: is damaged: {}", sanitize::path(file), sanitize::text(what))]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong in it.
        what: String,
    },

    /// A library that it needs is not there.
    #[error("{}: needs {}, which is not found", sanitize::path(file), sanitize::name(library))]
    MissingLibrary {
        /// The file.
        file: PathBuf,
        /// What it needs.
        library: String,
    },

    /// It needs a newer C library than this system has.
    #[error(
        "{}: needs {} of the C library, which is older here",
        sanitize::path(file),
        sanitize::name(version)
    )]
    NewerCLibrary {
        /// The file.
        file: PathBuf,
        /// Such as `GLIBC_2.40`.
        version: String,
    },

    /// The dynamic linker refuses it, or it refuses itself.
    #[error("{}: cannot be loaded: {}", sanitize::path(file), sanitize::text(cause))]
    Refused {
        /// The file.
        file: PathBuf,
        /// What the linker says, in full.
        cause: String,
    },

    /// A library, but no plugin.
    #[error("{}: not a universal-worker plugin", sanitize::path(.0))]
    NotAPlugin(PathBuf),

    /// A plugin whose interface is written with a release of `abi_stable` that ours does not read.
    #[error(
        "{}: is built with abi_stable {}, this worker with {}",
        sanitize::path(file),
        theirs,
        ours
    )]
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
        sanitize::path(file),
        sanitize::name(theirs)
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
        sanitize::path(file),
        sanitize::name(theirs)
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
        sanitize::path(file),
        sanitize::name(version)
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
    #[error("{}: cannot describe itself: {}", sanitize::path(file), sanitize::text(message))]
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
        sanitize::path(file), sanitize::text(&cause.to_string())
    )]
    BadDescription {
        /// The file.
        file: PathBuf,
        /// What is wrong with its description.
        cause: serde_json::Error,
    },

    /// It did not come up in time.
    #[error("{}: {doing} takes longer than {} s", sanitize::path(file), limit.as_secs_f64())]
    TooSlow {
        /// The file.
        file: PathBuf,
        /// What takes so long.
        doing: &'static str,
        /// How long it had.
        limit: Duration,
    },

    /// It exports nothing to open.
    #[error("{}: has no classes", sanitize::path(.0))]
    NoClasses(PathBuf),

    /// There is no such class in it.
    #[error(
        "{}: has no class '{}'; it has {}",
        sanitize::path(file),
        sanitize::name(class),
        sanitize::list(there)
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
    #[error("{}: has several classes: {}", sanitize::path(file), sanitize::list(there))]
    WhichClass {
        /// The file.
        file: PathBuf,
        /// The classes that it has.
        there: String,
    },

    /// The class does not want to be opened here.
    #[error(
        "{}: class '{}' refuses to load: {}",
        sanitize::path(file),
        sanitize::name(class),
        sanitize::text(message)
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
        sanitize::path(file),
        sanitize::name(class),
        sanitize::text(message)
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
                (sanitize::text(text) != *text).then_some(text)
            }
            Self::NotDescribed { detail, .. }
            | Self::ClassRefused { detail, .. }
            | Self::ClassPanicked { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}
