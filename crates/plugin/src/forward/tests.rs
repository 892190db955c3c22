use std::sync::{Arc, Mutex};
use std::time::Duration;

use universal_worker_abi::{Emitted, RunContext, context_object};

use super::*;
use crate::boundary::with_current;

#[derive(Default)]
struct Collect {
    run: &'static str,
    lines: Arc<Mutex<Vec<String>>>,
}

impl RunContext for Collect {
    fn is_cancelled(&self) -> bool {
        false
    }
    fn wait_cancelled(&self, _limit: Duration) -> bool {
        false
    }
    fn remaining(&self) -> Option<Duration> {
        None
    }
    fn bound(&self) {}
    fn progress(&self, _fraction: f64, _message: Option<&str>) {}
    fn emit(&self, _json: &[u8]) -> Emitted {
        Emitted::Taken
    }
    fn usage(&self, _json: &[u8]) {}
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        // Other tests of this binary log as well.
        level <= Level::Info && target == "t" && self.run != "filtered"
    }
    fn log(&self, level: Level, target: &str, message: &str) {
        let line = format!("{} {level:?} {target} {message}", self.run);
        self.lines.lock().unwrap().push(line);
    }
    fn run_id(&self) -> &str {
        self.run
    }
}

/// One test, because the globals belong to the whole test binary.
#[test]
fn lines_arrive_once_with_level_target_spans_and_run() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let object = |run| context_object(Arc::new(Collect { run, lines: Arc::clone(&lines) }));
    let take = || std::mem::take(&mut *lines.lock().unwrap());
    install(&Context::new(object("process")));

    log::info!(target: "t", "from {}", "log");
    assert_eq!(take(), ["process Info t from log"]);

    let within = with_current(object("run"), |_| {
        log::warn!(target: "t", "in a run");
        log::debug!(target: "t", "filtered");
        tracing::info!(target: "t", answer = 42, "from tracing");
        assert_eq!(take(), ["run Warn t in a run", "run Info t from tracing answer=42"]);
        spans();
        let carried = "process Info t decode{frames=3}: carried";
        tracing::info!(target: "t", "outside");
        let expected =
            ["run Error t decode{file=\"a.wav\"}: inside", carried, "run Info t outside"];
        assert_eq!(take(), expected);

        with_current(object("inner"), |_| Ok(()))?;
        log::info!(target: "t", "after");
        assert_eq!(take(), ["run Info t after"]);
        Ok(())
    });
    assert!(within.is_ok());

    // A filtered event is checked again.
    for (run, expected) in [("filtered", &[][..]), ("enabled", &["enabled Info t again"])] {
        let result = with_current(object(run), |_| {
            tracing::info!(target: "t", "again");
            Ok(())
        });
        assert!(result.is_ok());
        assert_eq!(take(), expected);
    }
    std::thread::spawn(|| log::info!(target: "t", "own thread")).join().unwrap();
    log::info!(target: "t", "after the run");
    assert_eq!(take(), ["process Info t own thread", "process Info t after the run"]);
}

fn spans() {
    {
        let span = tracing::info_span!(target: "t", "decode", file = "a.wav");
        let _entered = span.enter();
        tracing::error!(target: "t", "inside");
    }
    let span = tracing::info_span!(target: "t", "decode", frames = tracing::field::Empty);
    let _entered = span.enter();
    span.record("frames", 3);
    let current = tracing::Span::current();
    let carry = move || current.in_scope(|| tracing::info!(target: "t", "carried"));
    std::thread::spawn(carry).join().unwrap();
}
