//! Finds the Python interpreter of an environment, and says how to start it.
//!
//! The crate decides and starts nothing: a front end executes what it answers.
//!
//! - [`Search`] finds the interpreter and says why it is the one.
//! - [`Invocation`] decides whether a command line is meant for a Python interpreter, because
//!   published hosts start a plugin with the interpreter that its manifest names, which may be the
//!   worker.
//! - [`Program`] is this program, and [`Launch`] the command that starts the worker inside an
//!   interpreter.
//! - [`take_over`] makes an environment's interpreter start this worker instead of the published
//!   one, and [`give_back`] undoes it.
//!
//! A link to an interpreter is never resolved, because its place is what makes an environment.
//!
//! # Examples
//! ```
//! use universal_worker_interpreter::Search;
//!
//! # fn main() -> std::io::Result<()> {
//! let search = Search { virtual_env: Some("/no/such/environment".into()), ..Search::default() };
//! let error = search.find().unwrap_err();
//! assert_eq!(error.to_string(), "VIRTUAL_ENV: /no/such/environment: no such file or folder");
//! assert_eq!(error.hint(), "check the path, or choose another interpreter with --python");
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod environment;
mod error;
mod find;
mod invocation;
mod launch;
mod package;
mod program;
mod take_over;

pub use environment::Environment;
pub use error::InterpreterError;
pub use find::Interpreter;
pub use find::Reason;
pub use find::Search;
pub use find::program_as_called;
pub use invocation::Invocation;
pub use launch::Launch;
pub use launch::MODULE_FILE;
pub use launch::PROGRAM;
pub use launch::REASON;
pub use launch::SEARCHED;
pub use launch::STDOUT_FD;
pub use package::Package;
pub use program::Program;
pub use take_over::Change;
pub use take_over::give_back;
pub use take_over::take_over;
