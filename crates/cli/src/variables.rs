//! The environment variables of the worker.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::RawFd;

use universal_worker_sanitize as sanitize;
use universal_worker_sanitize::suggest;

use crate::error::UsageError;
use crate::options::{flags, option_name};

/// The prefix of all variables that set an option.
pub const VARIABLES: &str = "UNIVERSAL_WORKER_";

/// A copy of the environment. Not `Debug`: the token is in it.
pub(crate) struct Variables(HashMap<OsString, OsString>);

impl Variables {
    pub(crate) fn new(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(vars.into_iter().collect())
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The token; set but empty, it is an error, since a worker without a token would be the result.
    pub(crate) fn token(&self) -> Result<Option<&str>, UsageError> {
        if self.0.get(OsStr::new(TOKEN)).is_some_and(|value| value.is_empty()) {
            return Err(UsageError::new(format!("{TOKEN}: the token is empty")));
        }
        self.text(TOKEN)
    }

    /// Like [`get`](Self::get), for a value that must be UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, UsageError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.to_str();
        text.map(Some).ok_or_else(|| UsageError::new(format!("{name}: the value is not UTF-8")))
    }

    /// The sockets that a service manager passes to this process (sd_listen_fds(3)).
    pub(crate) fn passed_sockets(&self) -> Result<Vec<RawFd>, UsageError> {
        const FIRST: RawFd = 3;
        let number = |name| self.get(name)?.to_str()?.parse::<u32>().ok();
        if number("LISTEN_PID") != Some(std::process::id()) || self.get("LISTEN_FDS").is_none() {
            return Ok(Vec::new());
        }
        let count = number("LISTEN_FDS").and_then(|count| RawFd::try_from(count).ok());
        let count = count.filter(|count| *count <= MAX_SOCKETS).ok_or_else(|| {
            UsageError::new(format!("LISTEN_FDS: expected a number, at most {MAX_SOCKETS}"))
        })?;
        Ok((FIRST..FIRST + count).collect())
    }

    /// What is to be said of variables that have the prefix and no meaning.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let names = self.0.keys().filter_map(|name| name.to_str()?.strip_prefix(VARIABLES));
        let mut unknown: Vec<&str> = names.collect();
        if unknown.is_empty() {
            return Vec::new();
        }
        let known = known_names();
        unknown.retain(|name| !known.iter().any(|known| known == name));
        unknown.sort_unstable();
        let warning = |name: &&str| {
            let near = suggest(name, known.iter().map(String::as_str).filter(is_public));
            let near = near.first().map(|near| format!("; did you mean {VARIABLES}{near}?"));
            let name = sanitize::name(&format!("{VARIABLES}{name}"));
            format!("{name} is no variable of this worker{}", near.unwrap_or_default())
        };
        unknown.iter().map(warning).collect()
    }
}

/// More would hardly be on purpose.
const MAX_SOCKETS: RawFd = 64;

/// The variable with the token that clients need.
pub const TOKEN: &str = "UNIVERSAL_WORKER_TOKEN";

/// What a program with a worker tells the part of it in an interpreter.
const INTERNAL: [&str; 5] = ["PROGRAM", "PYTHON_REASON", "STDOUT_FD", "MODULE_FILE", "SEARCHED"];

/// The mark of a host, which the processes of the plugin keep, and variables of the tests.
const OF_OTHERS: [&str; 4] = ["TREE", "TEST_DIST", "TEST_ABI", "TEST_PYTHONS"];

/// Of service managers (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)).
const OF_MANAGERS: [&str; 6] = [
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// The names of all variables that are for the worker itself.
///
/// A front end removes them from the environment before it runs code of a plugin, which would
/// otherwise pass them on to its own processes.
#[must_use]
pub fn own_variables() -> Vec<OsString> {
    let options = flags().iter().filter_map(|flag| variable(option_name(flag)));
    let internal = INTERNAL.iter().map(|name| format!("{VARIABLES}{name}"));
    let of_managers = OF_MANAGERS.iter().map(|name| (*name).to_owned());
    let own = options.chain(internal).chain([TOKEN.to_owned()]).chain(of_managers);
    own.map(OsString::from).collect()
}

/// The names of variables without the prefix.
fn known_names() -> Vec<String> {
    let options = flags().iter().filter_map(|flag| variable(option_name(flag)));
    let options = options.chain([TOKEN.to_owned()]);
    let options = options.map(|name| name.trim_start_matches(VARIABLES).to_owned());
    options.chain(INTERNAL.iter().chain(&OF_OTHERS).map(|name| (*name).to_owned())).collect()
}

/// Whether a user may set the variable of this name.
fn is_public(name: &&str) -> bool {
    !INTERNAL.contains(name) && !OF_OTHERS.contains(name)
}

/// The options without a variable: they are what a command is for, and no setting.
const WITHOUT_VARIABLE: [&str; 5] = ["help", "version", "take-over", "give-back", "python-failed"];

/// The variable of an option, if it has one.
pub(crate) fn variable(option: &str) -> Option<String> {
    let has_one = !WITHOUT_VARIABLE.contains(&option);
    let letter = |letter: char| if letter == '-' { '_' } else { letter.to_ascii_uppercase() };
    has_one.then(|| VARIABLES.chars().chain(option.chars().map(letter)).collect())
}
