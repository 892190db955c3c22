//! Operations that crash, or have effects beyond their run.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use std::{io, mem, thread};

use universal_worker_plugin::{PluginError, RawArgs};

use crate::children::Sleeper;
use crate::keywords::{optional, required};
use crate::reply::Reply;
use crate::{children, imp};

pub(crate) fn execute(op: &str, args: &RawArgs) -> Result<Reply, PluginError> {
    match op {
        "panic" => {
            let message: Option<String> = optional(args, "message")?;
            panic!("{}", message.as_deref().unwrap_or("boom"))
        }
        "abort" => std::process::abort(),
        "exit" => std::process::exit(required(args, "code")?),
        "exit_in_fork" => Ok(Reply::Integer(imp::exit_in_fork(required(args, "code")?)?.into())),
        "segfault" => imp::segfault(),
        "segfault_together" => segfault_together(required(args, "threads")?),
        "segfault_in_fork" => Ok(Reply::Integer(imp::segfault_in_fork()?.into())),
        "overflow_stack" => Ok(Reply::Integer(overflow_stack(1))),
        "raise" => {
            imp::raise(required(args, "signal")?).map_err(PluginError::user_input)?;
            Ok(Reply::None)
        }
        "hang_at_exit" => {
            imp::hang_at_exit()?;
            Ok(Reply::None)
        }
        "spawn" => Ok(Reply::Integer(Sleeper::from_args(args)?.start()?.into())),
        "breed" => Ok(Reply::Integer(children::breed(required(args, "n")?)?.into())),
        "fork_on" => Ok(Reply::Integer(imp::fork_on(required(args, "n")?)?.into())),
        "take_files" => Ok(Reply::Integer(take_files() as u128)),
        "children" => Ok(Reply::Integer(children::start_and_wait(args)? as u128)),
        "shell" => {
            let script: String = required(args, "script")?;
            let status = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).status()?;
            Ok(Reply::Integer(status.code().unwrap_or(-1).unsigned_abs().into()))
        }
        "print" => {
            let message: String = required(args, "message")?;
            println!("{message}");
            // A single write, so that no log line comes between.
            let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
            Ok(Reply::None)
        }
        op => Err(PluginError::user_input(format!("unknown op '{op}'"))),
    }
}

/// Crashes on several threads at the same time.
fn segfault_together(threads: usize) -> ! {
    let start = Arc::new(Barrier::new(threads));
    for _ in 0..threads {
        let start = Arc::clone(&start);
        thread::spawn(move || {
            start.wait();
            imp::segfault()
        });
    }
    loop {
        thread::park();
    }
}

/// Opens files until the limit, and keeps taking every descriptor that becomes free; returns their number.
fn take_files() -> usize {
    let take = || File::open("/dev/null").map(mem::forget).is_ok();
    let mut taken = 0;
    while take() {
        taken += 1;
    }
    thread::spawn(move || {
        loop {
            if !take() {
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    taken
}

#[allow(unconditional_recursion, reason = "the operation overflows the stack")]
fn overflow_stack(depth: u128) -> u128 {
    let frame = black_box([depth; 64]);
    overflow_stack(black_box(depth + 1)) + frame[63]
}
