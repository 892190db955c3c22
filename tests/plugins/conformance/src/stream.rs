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
    let pad = " ".repeat(optional(args, "pad")?.unwrap_or(0));
    for i in 0..n {
        if i == fail_at {
            return Err(PluginError::new("stream boom"));
        }
        assert!(i != panic_at, "stream panic");
        cx.emit(&Chunk { i, text: "é", pad: &pad })?;
        if !delay.is_zero() {
            cx.sleep(delay)?;
        }
    }
    Ok(())
}
