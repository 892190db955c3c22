//! The rows of the table.

/// A plugin in a worker.
pub(super) struct Row {
    /// Its name in the table.
    pub(super) label: &'static str,
    pub(super) plugin: &'static str,
    /// The worker, unless it is the current one.
    pub(super) worker: Option<&'static str>,
    pub(super) expected: Expected,
}

pub(super) enum Expected {
    Works(Build),
    /// The last line contains this message.
    Rejected {
        message: &'static str,
    },
}

/// The properties of a plugin and its worker.
pub(super) struct Build {
    /// The interface that it was built against.
    pub(super) interface: &'static str,
    /// Its panic strategy.
    pub(super) panic: &'static str,
    pub(super) by_other_compiler: bool,
    /// Whether it has the optional methods.
    pub(super) optional: bool,
    /// Whether it shows the trace of a run.
    pub(super) has_trace: bool,
    /// The result of the later context method for the plugin, if the plugin calls it.
    pub(super) context_result: Option<u64>,
    /// The result of the later instance method for the worker, if the worker calls it.
    pub(super) instance_result: Option<u64>,
}

/// The result of a fictional later method if the other side does not have it.
const DEFAULT: u64 = 7;

/// Its result if the other side has it.
const LATER: u64 = 11;

const KEPT: &str = "kept/interface-1.0-x86_64-linux.so";

const KEPT_1_1: &str = "kept/interface-1.1-x86_64-linux.so";

const KEPT_1_2: &str = "kept/interface-1.2-x86_64-linux.so";

const LATER_WORKER: Option<&str> = Some("worker-1.3");

const USUAL: Build = Build {
    interface: "1.2.0",
    panic: "unwind",
    by_other_compiler: false,
    optional: true,
    has_trace: true,
    context_result: None,
    instance_result: None,
};

/// The same with the second version.
const SECOND: Build = Build { interface: "1.1.0", has_trace: false, ..USUAL };

/// The same with the first version.
const FIRST: Build = Build { interface: "1.0.0", ..SECOND };

const fn works(label: &'static str, plugin: &'static str, build: Build) -> Row {
    Row { label, plugin, worker: None, expected: Expected::Works(build) }
}

const fn rejected(label: &'static str, plugin: &'static str, message: &'static str) -> Row {
    Row { label, plugin, worker: None, expected: Expected::Rejected { message } }
}

pub(super) const ROWS: &[Row] = &[
    works("interface 1.0, built when it was settled, kept since", KEPT, FIRST),
    works("interface 1.1, built when it was settled, kept since", KEPT_1_1, SECOND),
    works("interface 1.2, built when it was settled, kept since", KEPT_1_2, USUAL),
    works("interface 1.2, debug build", "debug", USUAL),
    works("interface 1.2, `panic = \"abort\"`", "abort", Build { panic: "abort", ..USUAL }),
    works("interface 1.2, an allocator of its own", "allocator", USUAL),
    works(
        "interface 1.2, without what may be left out",
        "bare",
        Build { optional: false, ..USUAL },
    ),
    works(
        "interface 1.2, by another compiler",
        "compiler",
        Build { by_other_compiler: true, ..USUAL },
    ),
    works(
        "interface 1.3, made up: newer than the worker",
        "later",
        Build { interface: "1.3.0", context_result: Some(DEFAULT), ..USUAL },
    ),
    Row {
        label: "interface 1.0, kept, in a worker of 1.3, made up",
        plugin: KEPT,
        worker: LATER_WORKER,
        expected: Expected::Works(Build { instance_result: Some(DEFAULT), ..FIRST }),
    },
    Row {
        label: "interface 1.3, in a worker of 1.3, both made up",
        plugin: "later",
        worker: LATER_WORKER,
        expected: Expected::Works(Build {
            interface: "1.3.0",
            context_result: Some(LATER),
            instance_result: Some(LATER),
            ..USUAL
        }),
    },
    rejected(
        "interface 0.9, made up",
        "before",
        "is built for plugin interface 0.9.0, this worker speaks 1.2.0",
    ),
    rejected(
        "interface 2.0, made up",
        "major",
        "is built for plugin interface 2.0.0, this worker speaks 1.2.0",
    ),
    rejected(
        "interface 1.3, made up, with a method put between others",
        "between",
        "its plugin interface 1.3.0 does not match 1.2.0 of this worker",
    ),
    rejected(
        "interface 1.2 with a plain struct that was changed",
        "patched",
        "is built against a patched plugin interface 1.2.0, which differs from this worker's",
    ),
];
