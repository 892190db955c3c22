//! The rules that `cargo xtask check` enforces, as data.
//!
//! `docs/architecture.md` explains them: change both together.

/// A package without its `universal-worker-` prefix, and the packages of the workspace that it may
/// depend on.
pub(super) type Arrows = (&'static str, &'static [&'static str]);

/// Every member has a row, from the bottom up: a new crate is a decision about its arrows.
pub(super) const ARROWS: &[Arrows] = &[
    ("sanitize", &[]),
    ("abi", &[]),
    ("json", &[]),
    ("telemetry", &[]),
    ("watchdog", &["telemetry"]),
    ("host", &[]),
    ("process", &["telemetry"]),
    ("crash", &["json", "process", "sanitize"]),
    ("logging", &["json", "process", "sanitize"]),
    ("listen", &["process"]),
    ("plugin", &["abi", "json", "sanitize"]),
    ("loader", &["abi", "sanitize"]),
    ("interpreter", &["sanitize"]),
    ("interrupt", &[]),
    ("service", &["abi", "json", "telemetry"]),
    (
        "runtime",
        &[
            "abi", "crash", "json", "listen", "logging", "process", "sanitize", "service",
            "watchdog",
        ],
    ),
    ("exec", &["process", "sanitize", "watchdog"]),
    ("cli", &["exec", "runtime", "sanitize"]),
    ("python", &["cli", "interrupt", "plugin", "process", "runtime", "sanitize"]),
    (
        "universal-worker",
        &["cli", "exec", "interpreter", "loader", "process", "runtime", "sanitize"],
    ),
    ("hello", &["plugin"]),
    ("voice-activity", &["plugin"]),
    ("conformance", &["plugin"]),
    ("bench", &["abi", "json", "service"]),
    ("faults", &["host", "telemetry"]),
    ("voice-bench", &["voice-activity"]),
    ("conformance-axum", &[]),
    ("xtask", &[]),
];

/// What tests and examples of any crate may use besides its own arrows: the author's side, the
/// host's side and the plugins.
/// They are not shipped, so they may stand above the crate that they test.
pub(super) const TEST_ONLY: &[&str] = &["plugin", "host", "hello", "voice-activity", "conformance"];

/// The library under the plugin interface, which few crates know, so that it can be replaced.
///
/// `deny.toml` holds the same for dependencies outside of this workspace.
pub(super) const ABI_LIBRARY: &str = "abi_stable";

/// The packages that may depend on [`ABI_LIBRARY`].
pub(super) const ABI_PACKAGES: &[&str] = &["abi", "loader"];

/// The most lines of a file.
pub(super) const MAX_LINES: usize = 500;

/// A longer file gets a hint.
pub(super) const LONG_LINES: usize = 300;
