//! `execute_stream`: numbered chunks.

use std::time::Duration;

use serde::Serialize;
use universal_worker_plugin::{Context, PluginError, RawArgs};

use crate::keywords::optional;

#[derive(Serialize)]
struct Chunk<'a> {
    i: i64,
    text: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pad: &'a str,
}

pub(crate) fn execute(args: &RawArgs, cx: &Context) -> Result<(), PluginError> {
    let n = optional(args, "n")?.unwrap_or(3);
    let fail_at = optional(args, "fail_at")?.unwrap_or(-1);
    let panic_at = optional(args, "panic_at")?.unwrap_or(-1);
    let delay = optional(args, "delay")?.unwrap_or(0.0);
    let delay = Duration::try_from_secs_f64(delay).map_err(PluginError::user_input)?;
    if let Some(bytes) = optional::<usize>(args, "bytes")? {
        // A string of that many bytes as a line, with its quotation marks and its end.
        let text = "x".repeat(bytes.saturating_sub(3));
        return emit(n, delay, &text, cx);
    }
    let pad = " ".repeat(optional(args, "pad")?.unwrap_or(0));
    for i in 0..n {
        if i == fail_at {
            return Err(PluginError::new("stream boom"));
        }
        assert!(i != panic_at, "stream panic");
        cx.emit(&Chunk { i, text: "é", pad: &pad })?;
        sleep(delay, cx)?;
    }
    Ok(())
}

/// Emits the same text `n` times.
fn emit(n: i64, delay: Duration, text: &str, cx: &Context) -> Result<(), PluginError> {
    for _ in 0..n {
        cx.emit(text)?;
        sleep(delay, cx)?;
    }
    Ok(())
}

fn sleep(delay: Duration, cx: &Context) -> Result<(), PluginError> {
    if delay.is_zero() { Ok(()) } else { cx.sleep(delay) }
}
