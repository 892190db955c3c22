//! Whether a command line is meant for a Python interpreter.

#[cfg(test)]
mod tests;

use std::env::consts::DLL_SUFFIX;
use std::ffi::OsString;
use std::path::Path;

/// The modules that published hosts start a worker by.
pub(crate) const WORKER_MODULES: [&str; 2] =
    ["cjm_plugin_system.core.worker", "cjm_substrate.core.worker"];

/// Python's options of one letter without a value, and those with one; `c` and `m` end the options.
const SWITCHES: &str = "bBdEhiIOPqRsSuvVx?";
const WITH_VALUE: &str = "WX";

/// The only long option of Python's, besides those for help.
const LONG_OPTION: &str = "--check-hash-based-pycs";

/// The word with which the worker runs any other command.
const EXEC: &str = "exec";

/// What a command line is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// For the worker.
    Worker {
        /// The options of Python's in front of `-m`, for the interpreter of a Python class.
        python_options: Vec<OsString>,
        /// The arguments of the worker.
        args: Vec<OsString>,
    },
    /// For a Python interpreter, which is to be executed with the same words.
    Python,
}

/// What a word is, if the words before it are options of Python's.
enum Word<'a> {
    /// One or several switches.
    Switches,
    /// The option takes the next word.
    TakesNext,
    /// `-c`, `-`, or a script: the rest is for Python.
    Program,
    /// `-m`, with the name in the same word or in the next one.
    Module(Option<&'a str>),
    /// Not a word of Python's.
    Foreign,
}

impl Invocation {
    /// Decides by the words after the program's name.
    ///
    /// The worker's own options begin with `--`, besides `-h` and `-V`.
    /// `-m` and one of the names by which published hosts start a worker is the worker, too.
    /// Everything else that Python understands is for Python: its options, `-c`, `-m`, `-`, and a
    /// script, which exists or has the suffix `.py`.
    /// `exec` is the worker's, too; only where an environment has its interpreter, and there is a
    /// script of that name, an option or `--` has to follow.
    /// `-V` alone is for Python if `is_in_environment`, that is, if a program like this one stands
    /// where an environment has its interpreter.
    #[must_use]
    pub fn new(words: Vec<OsString>, is_in_environment: bool) -> Self {
        match words.first().and_then(|word| word.to_str()) {
            Some("-V") if words.len() == 1 && !is_in_environment => return Self::worker(words),
            Some("-h" | "help") | None if words.len() < 2 => return Self::worker(words),
            Some(EXEC) => {
                let is_there = || Path::new(EXEC).is_file();
                return match is_script_exec(&words, is_in_environment, is_there) {
                    true => Self::Python,
                    false => Self::worker(words),
                };
            }
            _ => {}
        }
        let mut index = 0;
        while let Some(word) = words.get(index) {
            index += 1;
            match Word::new(word.to_str().unwrap_or_default(), word.as_ref()) {
                Word::Switches => {}
                Word::TakesNext => index += 1,
                Word::Program => return Self::Python,
                Word::Module(name) => {
                    let next = || words.get(index).and_then(|word| word.to_str());
                    let args = if name.is_some() { index } else { index + 1 };
                    return match name.or_else(next) {
                        Some(name) if WORKER_MODULES.contains(&name) => Self::Worker {
                            python_options: words[..index - 1].to_vec(),
                            args: words[args..].to_vec(),
                        },
                        _ => Self::Python,
                    };
                }
                // After an option of Python's, the rest is for Python, too.
                Word::Foreign if index == 1 => return Self::worker(words),
                Word::Foreign => return Self::Python,
            }
        }
        Self::Python
    }

    fn worker(args: Vec<OsString>) -> Self {
        Self::Worker { python_options: Vec::new(), args }
    }
}

impl<'a> Word<'a> {
    fn new(word: &'a str, path: &Path) -> Self {
        let Some(letters) = word.strip_prefix('-') else {
            return if is_script(path) { Self::Program } else { Self::Foreign };
        };
        if word == "-" || word.starts_with("--help-") {
            return Self::Program;
        }
        if word == LONG_OPTION {
            return Self::TakesNext;
        }
        if is_slip(letters) {
            return Self::Foreign;
        }
        for (at, letter) in letters.char_indices() {
            let rest = &letters[at + letter.len_utf8()..];
            match letter {
                'c' => return Self::Program,
                'm' => return Self::Module((!rest.is_empty()).then_some(rest)),
                _ if WITH_VALUE.contains(letter) => {
                    return if rest.is_empty() { Self::TakesNext } else { Self::Switches };
                }
                _ if SWITCHES.contains(letter) => {}
                _ => return Self::Foreign,
            }
        }
        Self::Switches
    }
}

/// Whether the letters after one dash are rather an option of the worker that lacks a dash, such as
/// `-module` or `-check`, than a module or code in the same word.
fn is_slip(letters: &str) -> bool {
    let is_option = |c: char| c.is_ascii_lowercase() || c == '-';
    letters == "module"
        || (letters.len() > 1 && letters.starts_with('c') && letters.chars().all(is_option))
}

/// Whether the first word `exec` is rather the name of a script in the current folder.
fn is_script_exec(
    words: &[OsString],
    is_in_environment: bool,
    is_there: impl FnOnce() -> bool,
) -> bool {
    let is_option = |next: &OsString| next.as_encoded_bytes().starts_with(b"--");
    is_in_environment && !words.get(1).is_some_and(is_option) && is_there()
}

/// Whether Python could run the file; a library is a plugin whose option was forgotten.
fn is_script(path: &Path) -> bool {
    let has_suffix =
        |suffix: &str| path.as_os_str().as_encoded_bytes().ends_with(suffix.as_bytes());
    has_suffix(".py") || (path.exists() && !has_suffix(DLL_SUFFIX))
}
