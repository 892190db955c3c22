//! The rules of the house, as data: which crate may know which, what stays where, how long a file may be.
//!
//! `docs/architecture.md` says why; whoever changes a rule changes both.

use Place::{Folder, Module, Under};

/// The packages of the workspace, without the `universal-worker-` of their names, and which of the others each may
/// depend on.
///
/// Every member stands here: a new crate is a decision about its arrows.
pub(super) const ARROWS: &[(&str, &[&str])] = &[
    ("sanitize", &[]),
    ("abi", &[]),
    ("json", &[]),
    ("plugin", &["abi", "json", "sanitize"]),
    ("loader", &["abi", "sanitize"]),
    ("watchdog", &[]),
    ("telemetry", &[]),
    ("service", &["abi", "plugin", "json", "telemetry"]),
    ("host", &[]),
    ("process", &["telemetry"]),
    ("crash", &["json", "process", "sanitize"]),
    ("logging", &["json", "process", "sanitize"]),
    ("listen", &["process"]),
    (
        "runtime",
        &[
            "abi", "crash", "json", "listen", "logging", "process", "sanitize", "service",
            "watchdog",
        ],
    ),
    ("cli", &["runtime", "sanitize"]),
    ("universal-worker", &["cli", "loader", "process", "runtime", "sanitize"]),
    ("hello", &["plugin"]),
    ("voice-activity", &["plugin"]),
    ("conformance", &["plugin"]),
    ("bench", &["abi", "host", "loader", "json"]),
    ("faults", &["host", "telemetry"]),
    ("xtask", &[]),
];

/// What the tests and examples of any crate may use besides its own arrows: the author's side, the host's side and
/// the plugins. They ship with nothing, so they may stand above the crate they are for.
pub(super) const FOR_TESTS: &[&str] = &["plugin", "host", "hello", "voice-activity", "conformance"];

/// The crate that only the modules of the ABI may know, so that it can be replaced.
pub(super) const ABI_LIBRARY: &str = "abi_stable";

/// The packages that may depend on [`ABI_LIBRARY`].
pub(super) const ABI_PACKAGES: &[&str] = &["abi", "plugin", "loader"];

/// Words that may be written in some places only.
pub(super) struct Confined {
    pub(super) rule: &'static str,
    /// What is looked for in the code, comments and literals apart.
    pub(super) words: &'static [&'static str],
    /// Where it may stand, and why there.
    pub(super) places: &'static [(Place, &'static str)],
    pub(super) remedy: &'static str,
}

/// A part of the repository.
pub(super) enum Place {
    /// The files whose path from the root begins with this.
    Under(&'static str),
    /// The folders of this name, anywhere.
    Folder(&'static str),
    /// The modules of this name, anywhere: a file, a folder, or a `mod` within a file.
    Module(&'static str),
}

pub(super) const CONFINED: &[Confined] = &[
    Confined {
        rule: "unsafe",
        words: &["unsafe"],
        places: &[
            (Under("crates/abi/"), "the contract itself: layouts and function pointers"),
            (Under("crates/plugin/src/export"), "the exported static of a plugin's library"),
            (Under("crates/plugin/src/boundary"), "the panic boundary around every entry"),
            (Under("crates/loader/"), "dlopen, and symbols taken at their word"),
            (Module("imp"), "system calls, behind one safe function"),
        ],
        remedy: "find a safe way, or move the call into a module `imp` behind a safe function",
    },
    Confined {
        rule: "abi-library",
        words: &[ABI_LIBRARY],
        places: &[
            (Under("crates/abi/"), "the contract is written in its terms"),
            (Under("crates/plugin/"), "turns a typed plugin into the object of the contract"),
            (Under("crates/loader/"), "checks layouts and takes the root module"),
            (Under("xtask/"), "names it in this rule"),
        ],
        remedy: "use what `universal-worker-abi` exports, so that the library under it can be replaced",
    },
    Confined {
        rule: "one-encoder",
        words: &[
            "serde_json::to_string",
            "serde_json::to_string_pretty",
            "serde_json::to_vec",
            "serde_json::to_vec_pretty",
            "serde_json::to_writer",
            "serde_json::to_writer_pretty",
            "to_raw_value",
        ],
        places: &[
            (Under("crates/abi/"), "what crosses to a plugin; it depends on none of ours"),
            (Under("crates/host/"), "the other side, which depends on none of ours"),
            (Under("xtask/"), "works on the project from outside"),
            (Module("tests"), "tests compare with what others write"),
        ],
        remedy: "let `universal_worker_json::Encoder` write it, so that all we say is written alike",
    },
    Confined {
        rule: "only-the-binary",
        words: &[
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "process::exit",
            "process::abort",
            "env::args",
            "env::args_os",
        ],
        places: &[
            (Under("bins/"), "the program"),
            (Under("xtask/"), "a program too"),
            (Under("crates/plugin/build.rs"), "a build script speaks to cargo that way"),
            (
                Under("tests/"),
                "plugins that misbehave on command, and the tables of the benchmarks",
            ),
            (Folder("examples"), "programs too"),
            (Folder("tests"), "tests may print"),
        ],
        remedy: "a library reports: return an error or a value, or use the `log` crate",
    },
];

/// No file is longer.
pub(super) const LONGEST: usize = 500;

/// Longer ones are worth a hard look.
pub(super) const LONG: usize = 300;
