//! The options as data: for `--help`, the manual page and the documentation.
//!
//! Names, values and texts come from argh; the table here adds groups and defaults.

use std::sync::OnceLock;

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind};

use crate::args::Args;
use crate::variables::variable;

/// A group of options.
#[derive(Debug, Clone)]
pub(crate) struct OptionGroup {
    /// The title of the group, such as "Where it listens".
    pub(crate) title: &'static str,
    /// The options, in display order.
    pub(crate) options: Vec<OptionHelp>,
}

/// An option and its description.
#[derive(Debug, Clone)]
pub(crate) struct OptionHelp {
    /// The name without dashes.
    pub(crate) name: &'static str,
    /// The one-letter name.
    pub(crate) short: Option<char>,
    /// The name of the value; `None` for a switch.
    pub(crate) value: Option<&'static str>,
    /// What the option does: a sentence or two, without the last full stop.
    pub(crate) text: String,
    /// The default, as text.
    pub(crate) default: Option<&'static str>,
    /// The environment variable that sets the option.
    pub(crate) variable: Option<String>,
}

/// An option of a group, and its default.
type Row = (&'static str, Option<&'static str>);

const GROUPS: &[(&str, &[Row])] = &[
    (
        "Plugin",
        &[
            ("module", None),
            ("class", None),
            ("python", None),
            ("adapters", None),
            ("plugin-dir", None),
            ("plugin-sha256", None),
            ("config", None),
            ("load-timeout", Some("60 (10 with --list)")),
        ],
    ),
    (
        "Inspect plugins instead of serving one",
        &[("check", None), ("json", None), ("execute", None), ("list", None)],
    ),
    (
        "Where it listens",
        &[("port", Some("0")), ("host", Some("127.0.0.1")), ("uds", None), ("fd", None)],
    ),
    (
        "Lifetime",
        &[
            ("ppid", Some("0")),
            ("lease-fd", None),
            ("idle-timeout", Some("no limit")),
            ("stop-grace", Some("1.5")),
            ("drain-timeout", Some("0")),
            ("max-runs", Some("no limit")),
            ("recycle-rss", Some("no limit")),
            ("exit-when-wedged", None),
            ("restart-after", Some("60")),
            ("canary", None),
            ("canary-every", Some("30")),
        ],
    ),
    (
        "Limits and access",
        &[
            ("concurrency", Some("what the class says, else 1")),
            ("lanes", Some("what the class says, else auto")),
            ("io-threads", Some("1")),
            ("queue", Some("16")),
            ("run-timeout", Some("no limit")),
            ("cancel-grace", Some("3")),
            ("interrupt", Some("auto")),
            ("max-body", Some("67108864 (64 MiB)")),
            ("max-body-total", Some("268435456 (256 MiB)")),
            ("max-connections", Some("512")),
            ("header-timeout", Some("30")),
            ("body-timeout", Some("30")),
            ("write-timeout", Some("300")),
            ("max-rss", Some("no limit")),
            ("keep-results", Some("67108864 (64 MiB)")),
            ("result-ttl", Some("3600")),
            ("token-file", None),
            ("allow-remote", None),
            ("allow-host", None),
            ("allow-origin", None),
        ],
    ),
    (
        "Logs and reports",
        &[
            ("log", Some("text")),
            ("log-level", Some("info")),
            ("trace", Some("auto")),
            ("ready-fd", None),
            ("announce-file", None),
            ("crash-file", None),
            ("health-extra", None),
        ],
    ),
    ("Python environments", &[("take-over", None), ("give-back", None)]),
    ("Help", &[("help", None), ("version", None)]),
];

/// All options, by groups.
pub(crate) fn options() -> Vec<OptionGroup> {
    let options = |rows: &[Row]| rows.iter().filter_map(option_help).collect();
    GROUPS.iter().map(|(title, rows)| OptionGroup { title, options: options(rows) }).collect()
}

/// What the program does, in one sentence.
pub(crate) fn description() -> &'static str {
    info().description.trim()
}

/// argh's table of options.
pub(crate) fn flags() -> &'static [FlagInfo<'static>] {
    info().flags
}

/// The name of an option, without dashes.
pub(crate) fn option_name(flag: &FlagInfo<'static>) -> &'static str {
    flag.long.trim_start_matches("--")
}

impl OptionHelp {
    /// The option as it is typed, such as `--port PORT`, or `-h, --help`.
    pub(crate) fn usage(&self) -> String {
        let short = self.short.map(|short| format!("-{short}, ")).unwrap_or_default();
        let value = self.value.map(|value| format!(" {value}")).unwrap_or_default();
        format!("{short}--{}{value}", self.name)
    }
}

fn option_help(&(name, default): &Row) -> Option<OptionHelp> {
    let flag = flags().iter().find(|flag| option_name(flag) == name)?;
    let value = match flag.kind {
        FlagInfoKind::Switch => None,
        FlagInfoKind::Option { arg_name } => Some(arg_name),
    };
    // argh does not know the short form of its own option.
    let short = if name == "help" { Some('h') } else { flag.short };
    let text = capitalized(flag.description.trim());
    Some(OptionHelp { name, short, value, text, default, variable: variable(name) })
}

pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn info() -> &'static CommandInfoWithArgs {
    static INFO: OnceLock<CommandInfoWithArgs> = OnceLock::new();
    INFO.get_or_init(Args::get_args_info)
}
