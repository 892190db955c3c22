//! The operations of `execute`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{hint, thread};

use serde_json::Value;
use universal_worker_plugin::{Category, Context, PluginError, RawArgs};

use crate::faults;
use crate::keywords::{optional, required, seconds};
use crate::reply::{Echo, Reply};

pub(crate) fn execute(
    number: u64,
    memory: &Mutex<Vec<Vec<u8>>>,
    args: RawArgs,
    cx: &Context,
) -> Result<Reply, PluginError> {
    let op: Option<String> = optional(&args, "op")?;
    match op.as_deref().unwrap_or("echo") {
        "echo" => Ok(Reply::Echo(Echo(args))),
        "fail" => Err(PluginError::new(message(&args)?)),
        "error" => Err(typed_error(&args)?),
        "sleep" => sleep(seconds(&args, "secs")?, cx),
        "hang" => {
            thread::sleep(seconds(&args, "secs")?);
            Ok(Reply::Text("hung".to_owned()))
        }
        "follow" => follow(&required::<PathBuf>(&args, "file")?),
        "spin" => Ok(spin(seconds(&args, "secs")?)),
        "transcript" => Ok(Reply::transcript()),
        "float" => float(&args),
        "none" => Ok(Reply::None),
        "tuple" => Ok(Reply::Tuple(1, 2)),
        "big_integer" => Ok(Reply::Integer(1 << 80)),
        "text" => Ok(Reply::Text("x".repeat(required(&args, "n")?))),
        "instance" => Ok(Reply::Integer(number.into())),
        "remaining" => {
            Ok(cx.remaining().map_or(Reply::None, |left| Reply::Float(left.as_secs_f64())))
        }
        "allocate" => allocate(memory, required(&args, "mib")?),
        "log" => log_line(&args),
        "trace" => trace(&args),
        "usage" => usage(&args, cx),
        "trace_context" => {
            let trace = cx.trace_context();
            Ok(Reply::Trace(trace.map(|trace| (trace.traceparent, trace.tracestate))))
        }
        op => faults::execute(op, &args),
    }
}

fn message(args: &RawArgs) -> Result<String, PluginError> {
    Ok(optional(args, "message")?.unwrap_or_else(|| "boom".to_owned()))
}

fn typed_error(args: &RawArgs) -> Result<PluginError, PluginError> {
    let mut error = PluginError::new(message(args)?);
    if let Some(category) = optional::<Category>(args, "category")? {
        error = error.category(category);
    }
    if let Some(retriable) = optional(args, "retriable")? {
        error = error.retriable(retriable);
    }
    if let Some(seconds) = optional(args, "retry_after_seconds")? {
        error = error.retry_after_seconds(seconds);
    }
    if let Some(fields) = optional::<BTreeMap<String, String>>(args, "fields_invalid")? {
        error = error.fields_invalid(fields);
    }
    Ok(error)
}

/// The interval between progress reports of a sleeping run.
const STEP: Duration = Duration::from_millis(5);

fn sleep(duration: Duration, cx: &Context) -> Result<Reply, PluginError> {
    let begin = Instant::now();
    loop {
        let passed = begin.elapsed();
        if passed >= duration {
            return Ok(Reply::Text("slept".to_owned()));
        }
        cx.status(passed.as_secs_f64() / duration.as_secs_f64(), "sleeping");
        cx.sleep(STEP.min(duration - passed))?;
    }
}

/// Does what the file says: `fail`, `panic`, or `hang`, which ignores a cancel and ends when the file
/// says something else.
fn follow(file: &Path) -> Result<Reply, PluginError> {
    match fs::read_to_string(file)?.as_str() {
        "fail" => return Err(PluginError::new("it fails")),
        "panic" => panic!("it panics"),
        _ => {}
    }
    while fs::read_to_string(file)? == "hang" {
        thread::sleep(Duration::from_millis(2));
    }
    Ok(Reply::None)
}

fn spin(duration: Duration) -> Reply {
    let begin = Instant::now();
    while begin.elapsed() < duration {
        hint::spin_loop();
    }
    Reply::Text("spun".to_owned())
}

fn float(args: &RawArgs) -> Result<Reply, PluginError> {
    let value = match required::<Value>(args, "value")? {
        Value::String(text) => text.parse().map_err(PluginError::user_input)?,
        other => other.as_f64().ok_or_else(|| PluginError::user_input("value: not a number"))?,
    };
    Ok(Reply::Float(value))
}

fn allocate(memory: &Mutex<Vec<Vec<u8>>>, mib: usize) -> Result<Reply, PluginError> {
    let bytes = mib.checked_mul(1 << 20).ok_or_else(|| PluginError::user_input("mib: too many"))?;
    let mut block = Vec::new();
    block.try_reserve_exact(bytes).map_err(PluginError::resource)?;
    // Written to, to make the memory resident.
    block.resize(bytes, 1);
    memory.lock().unwrap_or_else(PoisonError::into_inner).push(block);
    Ok(Reply::None)
}

fn log_line(args: &RawArgs) -> Result<Reply, PluginError> {
    let level: String = optional(args, "level")?.unwrap_or_else(|| "info".to_owned());
    let level: log::Level = level.parse().map_err(PluginError::user_input)?;
    log::log!(level, "{}", message(args)?);
    Ok(Reply::None)
}

fn trace(args: &RawArgs) -> Result<Reply, PluginError> {
    let span = tracing::info_span!("decoding", file = "a.wav");
    let _entered = span.enter();
    tracing::warn!(frames = 3, "{}", message(args)?);
    tracing::debug!("{}", message(args)?);
    Ok(Reply::None)
}

fn usage(args: &RawArgs, cx: &Context) -> Result<Reply, PluginError> {
    let figures = args.kwargs.iter().filter(|(name, _)| name != "op");
    let figures: BTreeMap<_, _> = figures.map(|(name, value)| (name, value)).collect();
    cx.usage(&figures)?;
    Ok(Reply::None)
}
