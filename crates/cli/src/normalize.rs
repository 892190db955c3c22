//! Brings arguments and variables into the form that argh parses.
//!
//! `--option=value` becomes two words, and variables become options if the command line lacks them.

use argh::{FlagInfo, FlagInfoKind, Optionality};
use universal_worker_sanitize::suggest;

use crate::error::UsageError;
use crate::exec;
use crate::options::{flags, option_name};
use crate::variables::{Variables, variable};

/// Arguments in the form for argh, and the origin of each.
#[derive(Debug, Default)]
pub(crate) struct Normalized {
    /// `--option`, followed by a value if the option takes one.
    pub(crate) args: Vec<String>,
    /// What is asked for instead of a worker; the words after it are not read.
    pub(crate) question: Option<Question>,
    from_command_line: Vec<&'static str>,
    from_variables: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Help,
    Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    Values,
}

/// The values of a variable that set a switch.
const TRUE: [&str; 3] = ["1", "true", "yes"];

const NO_TOKEN: &str = "--token is no option, since every user can see the arguments of a process: \
     put the token into a file (--token-file) or into the variable UNIVERSAL_WORKER_TOKEN";

/// What the process is to do, as far as it says which variables apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Serve,
    Check,
    List,
}

/// The options of `--check`, whose variables it reads.
const OF_A_CHECK: [&str; 13] = [
    "check",
    "module",
    "class",
    "python",
    "adapters",
    "plugin-dir",
    "plugin-sha256",
    "config",
    "load-timeout",
    "json",
    "execute",
    "log",
    "log-level",
];

/// The options of `--list`, whose variables it reads.
const OF_A_LIST: [&str; 4] = ["list", "json", "load-timeout", "python"];

/// The options that say where to listen.
const LISTENING: [&str; 4] = ["port", "host", "fd", "uds"];

/// Reads on after an error, for the options that say how to report it; returns the first one.
pub(crate) fn normalize(
    args: &[String],
    variables: &Variables,
) -> (Normalized, Result<(), UsageError>) {
    let mut normalized = Normalized::default();
    let mut result = normalized.add_command_line(args);
    if normalized.question.is_none() {
        result = result.and(normalized.add_variables(variables));
    }
    (normalized, result)
}

impl Normalized {
    /// The option as the user set it: with dashes, or the name of the variable.
    pub(crate) fn name(&self, option: &str) -> String {
        let variable = variable(option).filter(|_| self.from_variables.contains(&option));
        variable.unwrap_or_else(|| format!("--{option}"))
    }

    /// Whether the option is on the command line.
    pub(crate) fn is_typed(&self, option: &str) -> bool {
        self.from_command_line.contains(&option)
    }

    /// Whether an option on the command line says where to listen.
    pub(crate) fn is_listening_typed(&self) -> bool {
        LISTENING.into_iter().any(|option| self.is_typed(option))
    }

    /// Another option on the command line than this one.
    pub(crate) fn typed_besides(&self, option: &str) -> Option<&'static str> {
        self.from_command_line.iter().copied().find(|other| *other != option)
    }

    /// Whether an option is set, on the command line or by its variable.
    pub(crate) fn is_set(&self, option: &str) -> bool {
        self.is_typed(option) || self.from_variables.contains(&option)
    }

    /// The value of an option that is not repeatable.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        let mut words = self.args.iter();
        while let Some(word) = words.next() {
            let name = word.trim_start_matches("--");
            let takes_value = find_option(name).is_ok_and(|(_, takes)| takes != Takes::Nothing);
            let value = if takes_value { words.next() } else { None };
            if name == option {
                return value.map(String::as_str);
            }
        }
        None
    }

    /// Turns argh's error about a value into one that names the variable if the value came from
    /// one.
    pub(crate) fn value_error(&self, output: &str) -> UsageError {
        let why = self.args.windows(2).find_map(|pair| {
            let [option, value] = pair else { return None };
            let start = format!("Error parsing option '{option}' with value '{value}': ");
            let why = output.strip_prefix(&start)?.trim_end();
            Some(format!("{}: {why}", self.name(option.trim_start_matches("--"))))
        });
        UsageError::new(why.as_deref().unwrap_or(output))
    }

    fn add_command_line(&mut self, args: &[String]) -> Result<(), UsageError> {
        let mut result = Ok(());
        let mut words = args.iter().cloned();
        while let Some(word) = words.next() {
            self.question = match word.as_str() {
                "-h" | "--help" => Some(Question::Help),
                "-V" | "--version" => Some(Question::Version),
                _ => None,
            };
            if self.question.is_some() {
                break;
            }
            result = result.and(self.add_option(&word, &mut words));
        }
        result
    }

    /// Adds an option, whose value may be in the same word or the next one.
    pub(crate) fn add_option(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), UsageError> {
        let option = word.strip_prefix("--").ok_or_else(|| unexpected(word))?;
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let (name, takes) = find_option(name)?;
        if self.is_typed(name) && takes != Takes::Values {
            return Err(UsageError::new(format!("--{name} is given twice")));
        }
        self.from_command_line.push(name);
        if takes == Takes::Nothing {
            if value.is_some() {
                return Err(UsageError::new(format!("--{name} takes no value")));
            }
            self.args.push(format!("--{name}"));
            return Ok(());
        }
        let value = value.map(str::to_owned).or_else(|| rest.next());
        let value = value.ok_or_else(|| UsageError::new(format!("--{name} needs a value")))?;
        self.push(name, &value);
        Ok(())
    }

    /// Adds the variables of these options, unless the options are on the command line.
    pub(crate) fn add_variables_of(
        &mut self,
        options: &[&str],
        variables: &Variables,
    ) -> Result<(), UsageError> {
        for flag in flags().iter().filter(|flag| options.contains(&option_name(flag))) {
            if !self.is_typed(option_name(flag)) {
                self.add_variable(flag, variables)?;
            }
        }
        Ok(())
    }

    fn add_variables(&mut self, variables: &Variables) -> Result<(), UsageError> {
        let passed = variables.passed_sockets();
        let is_activated = passed.as_ref().is_ok_and(|passed| !passed.is_empty());
        let mode = self.mode(variables);
        let mut result = passed.map(drop);
        for flag in flags() {
            let name = option_name(flag);
            let is_displaced = is_activated && LISTENING.contains(&name);
            if !is_displaced && self.is_open(name, mode) {
                result = result.and(self.add_variable(flag, variables));
            }
        }
        result
    }

    fn add_variable(
        &mut self,
        flag: &FlagInfo<'static>,
        variables: &Variables,
    ) -> Result<(), UsageError> {
        let name = option_name(flag);
        let Some(variable) = variable(name) else { return Ok(()) };
        let Some(value) = variables.text(&variable)? else { return Ok(()) };
        match (takes(flag), value) {
            (Takes::Nothing, "0" | "false" | "no") => return Ok(()),
            (Takes::Nothing, value) if TRUE.contains(&value) => {
                self.args.push(format!("--{name}"));
            }
            (Takes::Nothing, _) => {
                let message = format!("{variable}: expected 1 or 0, not '{value}'");
                return Err(UsageError::new(message));
            }
            (Takes::Value, _) => self.push(name, value),
            (Takes::Values, _) => {
                value.split(',').for_each(|value| self.push(name, value.trim()));
            }
        }
        self.from_variables.push(name);
        Ok(())
    }

    fn mode(&self, variables: &Variables) -> Mode {
        let is_set = |option: &str| {
            let value = variable(option).and_then(|variable| variables.get(&variable)?.to_str());
            self.is_typed(option) || value.is_some_and(|value| TRUE.contains(&value))
        };
        match (is_set("list"), is_set("check")) {
            (true, _) => Mode::List,
            (false, true) => Mode::Check,
            (false, false) => Mode::Serve,
        }
    }

    /// Whether the variable of an option applies.
    fn is_open(&self, option: &str, mode: Mode) -> bool {
        // A listening option on the command line overrides the variables of all of them.
        let is_displaced = LISTENING.contains(&option) && self.is_listening_typed();
        // Most variables are for workers, and do not apply to `--list` and `--check`.
        let is_ignored = match mode {
            Mode::Serve => false,
            Mode::Check => !OF_A_CHECK.contains(&option),
            Mode::List => !OF_A_LIST.contains(&option),
        };
        // The folders of the variable follow those of the command line; see `resolve`.
        option != "plugin-dir" && !self.is_typed(option) && !is_displaced && !is_ignored
    }

    fn push(&mut self, option: &str, value: &str) {
        self.args.extend([format!("--{option}"), value.to_owned()]);
    }
}

fn takes(flag: &FlagInfo<'_>) -> Takes {
    match (&flag.kind, &flag.optionality) {
        (FlagInfoKind::Switch, _) => Takes::Nothing,
        (FlagInfoKind::Option { .. }, Optionality::Repeating) => Takes::Values,
        (FlagInfoKind::Option { .. }, _) => Takes::Value,
    }
}

fn find_option(name: &str) -> Result<(&'static str, Takes), UsageError> {
    if let Some(flag) = flags().iter().find(|flag| option_name(flag) == name) {
        return Ok((option_name(flag), takes(flag)));
    }
    if name == "token" {
        return Err(UsageError::new(NO_TOKEN));
    }
    let near = suggest(name, names());
    Err(UsageError::new(match near.first() {
        Some(near) => format!("unknown option --{name}; did you mean --{near}?"),
        None => format!("unknown option --{name}; --help lists them all"),
    }))
}

/// The names of the options that may be suggested.
fn names() -> impl Iterator<Item = &'static str> {
    flags().iter().filter(|flag| !flag.hidden).map(option_name)
}

/// The error of a word that is neither an option nor its value.
fn unexpected(word: &str) -> UsageError {
    let hint = match word.strip_prefix('-') {
        None if suggest(word, [exec::WORD]).is_empty() => format!("did you mean --module {word}?"),
        None => format!("did you mean {}?", exec::WORD),
        Some(name) => match suggest(name, names()).first() {
            Some(near) => format!("did you mean --{near}?"),
            None => "options begin with --".to_owned(),
        },
    };
    UsageError::new(format!("unexpected argument '{word}': {hint}"))
}
