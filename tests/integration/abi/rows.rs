//! What is tried.

/// A plugin in a worker.
pub(super) struct Row {
    /// How the table calls it.
    pub(super) label: &'static str,
    pub(super) plugin: &'static str,
    /// The worker, where it is not the one of today.
    pub(super) worker: Option<&'static str>,
    pub(super) expected: Expected,
}

pub(super) enum Expected {
    Runs(Build),
    /// Its line has these words in it.
    Refused {
        words: &'static str,
    },
}

/// What is particular about a plugin, or about the worker it is in.
pub(super) struct Build {
    /// The interface that it was built against.
    pub(super) interface: &'static str,
    /// What a panic does in it.
    pub(super) panic: &'static str,
    pub(super) by_other_compiler: bool,
    /// Whether it has what a class may leave out.
    pub(super) optional: bool,
    /// What the method of a later context answered to the plugin, where that knows of it.
    pub(super) context_answers: Option<u64>,
    /// What the method of a later instance answered to the worker, where that knows of it.
    pub(super) instance_answers: Option<u64>,
}

/// What a made-up later method answers where the other side does not have it.
const DEFAULT: u64 = 7;

/// What it answers where the other side does.
const LATER: u64 = 11;

const KEPT: &str = "kept/interface-1.0-x86_64-linux.so";

const LATER_WORKER: Option<&str> = Some("worker-1.1");

const USUAL: Build = Build {
    interface: "1.0.0",
    panic: "unwind",
    by_other_compiler: false,
    optional: true,
    context_answers: None,
    instance_answers: None,
};

const fn runs(label: &'static str, plugin: &'static str, build: Build) -> Row {
    Row { label, plugin, worker: None, expected: Expected::Runs(build) }
}

const fn refused(label: &'static str, plugin: &'static str, words: &'static str) -> Row {
    Row { label, plugin, worker: None, expected: Expected::Refused { words } }
}

pub(super) const ROWS: &[Row] = &[
    runs("interface 1.0, built when it was settled, kept since", KEPT, USUAL),
    runs("interface 1.0, debug build", "debug", USUAL),
    runs("interface 1.0, `panic = \"abort\"`", "abort", Build { panic: "abort", ..USUAL }),
    runs("interface 1.0, an allocator of its own", "allocator", USUAL),
    runs("interface 1.0, without what may be left out", "bare", Build { optional: false, ..USUAL }),
    runs(
        "interface 1.0, by another compiler",
        "compiler",
        Build { by_other_compiler: true, ..USUAL },
    ),
    runs(
        "interface 1.1, made up: newer than the worker",
        "later",
        Build { interface: "1.1.0", context_answers: Some(DEFAULT), ..USUAL },
    ),
    Row {
        label: "interface 1.0, kept, in a worker of 1.1, made up",
        plugin: KEPT,
        worker: LATER_WORKER,
        expected: Expected::Runs(Build { instance_answers: Some(DEFAULT), ..USUAL }),
    },
    Row {
        label: "interface 1.1, in a worker of 1.1, both made up",
        plugin: "later",
        worker: LATER_WORKER,
        expected: Expected::Runs(Build {
            interface: "1.1.0",
            context_answers: Some(LATER),
            instance_answers: Some(LATER),
            ..USUAL
        }),
    },
    refused(
        "interface 0.9, made up",
        "before",
        "is built for plugin interface 0.9.0, this worker speaks 1.0.0",
    ),
    refused(
        "interface 2.0, made up",
        "major",
        "is built for plugin interface 2.0.0, this worker speaks 1.0.0",
    ),
    refused(
        "interface 1.1, made up, with a method put between others",
        "between",
        "its plugin interface 1.1.0 does not match 1.0.0 of this worker",
    ),
    refused(
        "interface 1.0 with a plain struct that was changed",
        "patched",
        "is built against a patched plugin interface 1.0.0, which differs from this worker's",
    ),
];
