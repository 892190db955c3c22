//! Brings arguments and environment into the one form that argh parses.
//!
//! `--flag=value` becomes two words, variables become options that the command line does not have,
//! and a name that is not known is told with the nearest one that is.

use std::collections::HashMap;

use universal_worker_sanitize::suggest;

use crate::failure::Failure;

/// Arguments in argh's form, and where each came from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) args: Vec<String>,
    from_environment: Vec<&'static str>,
    typed: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Value,
    Values,
    Nothing,
}

const OPTIONS: [(&str, Takes); 33] = [
    ("module", Takes::Value),
    ("class", Takes::Value),
    ("plugin-dir", Takes::Values),
    ("config", Takes::Value),
    ("load-timeout", Takes::Value),
    ("plugin-sha256", Takes::Value),
    ("check", Takes::Nothing),
    ("json", Takes::Nothing),
    ("execute", Takes::Value),
    ("list", Takes::Nothing),
    ("port", Takes::Value),
    ("host", Takes::Value),
    ("fd", Takes::Value),
    ("uds", Takes::Value),
    ("ppid", Takes::Value),
    ("lease-fd", Takes::Value),
    ("concurrency", Takes::Value),
    ("queue", Takes::Value),
    ("run-timeout", Takes::Value),
    ("cancel-grace", Takes::Value),
    ("exit-when-wedged", Takes::Nothing),
    ("stop-grace", Takes::Value),
    ("idle-timeout", Takes::Value),
    ("ready-fd", Takes::Value),
    ("announce-file", Takes::Value),
    ("crash-file", Takes::Value),
    ("max-body", Takes::Value),
    ("max-body-total", Takes::Value),
    ("allow-host", Takes::Values),
    ("allow-origin", Takes::Values),
    ("log", Takes::Value),
    ("log-level", Takes::Value),
    ("help", Takes::Nothing),
];

/// Those that say where to listen.
const LISTENING: [&str; 4] = ["port", "host", "fd", "uds"];

/// How the names of all variables begin.
pub(crate) const VARIABLES: &str = "UNIVERSAL_WORKER_";

/// The variable of an option.
fn variable(option: &str) -> String {
    format!("{VARIABLES}{}", option.to_uppercase().replace('-', "_"))
}

impl Given {
    /// How to call an option in a message: as whoever set it knows it.
    pub(super) fn name(&self, option: &str) -> String {
        if self.from_environment.contains(&option) {
            variable(option)
        } else {
            format!("--{option}")
        }
    }

    /// Whether the command line has it.
    pub(super) fn is_typed(&self, option: &str) -> bool {
        self.typed.contains(&option)
    }
}

pub(super) fn normalise(args: &[String], vars: &HashMap<String, String>) -> Result<Given, Failure> {
    let mut given = Given::default();
    let mut seen = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "-h" {
            given.args.push("--help".to_owned());
            continue;
        }
        let Some(option) = word.strip_prefix("--") else {
            return Err(Failure::usage(format!(
                "unexpected argument '{word}': options begin with --"
            )));
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        let (name, takes) = known(name)?;
        if seen.contains(&name) && takes != Takes::Values {
            return Err(Failure::usage(format!("--{name} is given twice")));
        }
        seen.push(name);
        given.args.push(format!("--{name}"));
        match (takes, value) {
            (Takes::Nothing, None) => {}
            (Takes::Nothing, Some(_)) => {
                return Err(Failure::usage(format!("--{name} takes no value")));
            }
            (_, Some(value)) => given.args.push(value),
            (_, None) => match words.next() {
                Some(value) => given.args.push(value.clone()),
                None => return Err(Failure::usage(format!("--{name} needs a value"))),
            },
        }
    }
    add_variables(&mut given, &seen, vars)?;
    given.typed = seen;
    Ok(given)
}

fn add_variables(
    given: &mut Given,
    seen: &[&str],
    vars: &HashMap<String, String>,
) -> Result<(), Failure> {
    // A place to listen on takes that of the variables, whichever it is.
    let listens = seen.iter().any(|name| LISTENING.contains(name));
    for (name, takes) in OPTIONS {
        // The folders of the variable come after those of the command line; see `settings`.
        let is_typed = seen.contains(&name) || LISTENING.contains(&name) && listens;
        if name == "plugin-dir" || name == "help" || is_typed {
            continue;
        }
        let Some(value) = vars.get(&variable(name)).filter(|value| !value.is_empty()) else {
            continue;
        };
        given.from_environment.push(name);
        match takes {
            Takes::Nothing => match value.as_str() {
                "1" | "true" | "yes" => given.args.push(format!("--{name}")),
                "0" | "false" | "no" => {}
                _ => {
                    let name = variable(name);
                    return Err(Failure::usage(format!("{name} must be 1 or 0, not '{value}'")));
                }
            },
            Takes::Value => given.args.extend([format!("--{name}"), value.clone()]),
            Takes::Values => given.args.extend(
                value.split(',').flat_map(|value| [format!("--{name}"), value.trim().to_owned()]),
            ),
        }
    }
    Ok(())
}

fn known(name: &str) -> Result<(&'static str, Takes), Failure> {
    if let Some(option) = OPTIONS.iter().find(|(known, _)| *known == name) {
        return Ok(*option);
    }
    let near = suggest(name, OPTIONS.iter().map(|(known, _)| *known));
    Err(Failure::usage(match near.first() {
        Some(near) => format!("unknown option --{name}; did you mean --{near}?"),
        None => format!("unknown option --{name}; --help lists them all"),
    }))
}
