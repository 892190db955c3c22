//! Serves Python classes: the extension module that runs a worker in an interpreter.
//!
//! The program `universal-worker` starts the interpreter of the plugin's environment with
//! `worker.py`, which calls [`main`](fn@front::main) in this module.
//! Python's main thread, the first of the process, becomes the *home* of the plugin: it imports the
//! module, makes the object, and is the first lane of its runs.
//! `universal_worker_runtime::run` runs on another thread and never waits for the interpreter lock.
//!
//! In reading order: [`front`] starts both; [`home`] is the first thread; [`source`] opens the class
//! there; [`class`] makes it a `DynClass`, whose calls go through [`call`]; [`runs`] knows which run
//! is on which thread, and [`interrupter`] stops them; [`hooks`] connects all of this with the
//! runtime, and [`output`] the output of Python with the log.
//! [`bridge`] is the Python side (`python/universal_worker/bridge.py`), [`imp`] calls the system and
//! CPython, [`sockets`] and [`tracker`] care for processes that the plugin starts.
//!
//! **Invariant**: no lock of this crate is held while the interpreter lock is waited for, and a
//! thread that holds the interpreter lock waits for a lock only if its holder needs no interpreter.

mod bridge;
mod call;
mod class;
mod front;
mod home;
mod hooks;
mod imp;
mod interrupter;
mod output;
mod runs;
mod sockets;
mod source;
mod tracker;

use pyo3::prelude::*;

/// The functions that the Python side calls.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::front::{main, remove_variables, searched};
    #[pymodule_export]
    use crate::hooks::stack_file;
    #[pymodule_export]
    use crate::imp::{interrupt_signal, stack_signal};
    #[pymodule_export]
    use crate::output::{
        end_line, forked, log_level, log_once, log_record, print_bytes, report_exit, suggest,
    };
    #[pymodule_export]
    use crate::runs::{
        arguments_bound, emit, progress, response_header, take_interrupt, trace_context, usage,
    };
}
