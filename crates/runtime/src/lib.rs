//! Runs a worker: from a [`Config`] and a [`ClassSource`] to an exit code.
//!
//! [`run`] covers the whole life of a worker: bind the address, load the plugin, announce, serve,
//! stop, and log the reason in the last line.
//! A front end parses its arguments, sets up the process as it needs (such as signal masks, see
//! `universal-worker-process`), calls [`run`], and exits with the code that it returns.
//! It may block SIGTERM, SIGINT and SIGHUP before, so that they end the worker in order however
//! early they arrive; [`run`] unblocks them on its thread and on those that run plugin code.
//! Only the [`ClassSource`] knows the kind of plugin: a library, a class of the same program, or a
//! class in another language.
//!
//! A process runs one worker, because signal handlers, stdout, the logger and the crash handler are
//! global.
//!
//! # Examples
//! A worker that serves a plugin of the same program:
//! ```no_run
//! use std::sync::Arc;
//!
//! use hello::Hello;
//! use universal_worker_runtime::Class;
//! use universal_worker_runtime::ClassSource;
//! use universal_worker_runtime::Config;
//! use universal_worker_runtime::LoadWatch;
//! use universal_worker_runtime::OpenError;
//! use universal_worker_runtime::PluginLabel;
//! use universal_worker_runtime::background_context;
//!
//! struct InProcess;
//!
//! impl ClassSource for InProcess {
//!     fn label(&self) -> PluginLabel {
//!         PluginLabel { module: "hello".to_owned(), class: Some("Hello".to_owned()) }
//!     }
//!
//!     fn open(self: Box<Self>, _watch: &LoadWatch) -> Result<Class, OpenError> {
//!         let class = universal_worker_plugin::in_process::<Hello>(background_context());
//!         class.map_err(|fault| OpenError {
//!             message: fault.message,
//!             hint: "see the log".to_owned(),
//!             detail: None,
//!         })
//!     }
//! }
//!
//! universal_worker_process::signals::reset();
//! let code = universal_worker_runtime::run(&Config::default(), InProcess);
//! universal_worker_process::exit::now(code)
//! ```

#![deny(missing_docs)]

// In reading order: what a front end passes in, the story, its parts, and what can fail.
mod config;
mod hooks;
mod source;

mod run;

mod inherited;
mod load;
mod load_watch;
mod plugin_threads;
mod server;

mod announce;
mod drain;
mod event;
mod force_exit;
mod outcome;
mod stop;

mod crash_file;
mod input;
mod inspect;
mod plugin_list;
mod report;
mod start_line;
mod token;

mod error;
mod open_error;
mod plugin_label;

pub use config::AnnounceTo;
pub use config::Config;
pub use config::JsonContent;
pub use config::JsonInput;
pub use config::OnWedged;
pub use config::Orphans;
pub use config::Reach;
pub use error::Error;
pub use error::InitializeError;
pub use hooks::Hooks;
pub use inherited::check_inherited;
pub use inspect::InspectRequest;
pub use inspect::ReportFormat;
pub use inspect::inspect;
pub use load_watch::LoadWatch;
pub use open_error::OpenError;
pub use plugin_label::PluginLabel;
pub use plugin_list::PluginList;
pub use report::FailureReport;
pub use report::fail;
pub use report::fail_with;
pub use report::print;
pub use report::report;
pub use run::exit_on_panic;
pub use run::run;
pub use source::ClassSource;
pub use source::FailedSource;
pub use source::InspectClass;
pub use source::Inspected;
pub use source::Origin;
pub use token::Token;
pub use token::TokenContent;

pub use universal_worker_abi::Class;
pub use universal_worker_abi::LibraryInfo;
pub use universal_worker_crash::AfterCrash;
pub use universal_worker_listen::ListenAddr;
pub use universal_worker_logging as logging;
pub use universal_worker_service::Access;
pub use universal_worker_service::FirstLane;
pub use universal_worker_service::Lanes;
pub use universal_worker_service::Limits;
pub use universal_worker_service::PluginThreadEvent;
pub use universal_worker_service::Recycle;
pub use universal_worker_service::Tracing;
pub use universal_worker_service::background_context;
