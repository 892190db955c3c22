//! Tests of every entry of the boundary, called as the worker calls it, without a library.
//!
//! CONTRIBUTING.md explains how to run them under Miri.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod dynamic;
mod subject;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use universal_worker_abi::{
    Class, Emitted, Fault, FaultKind, Instance, Level, Reconfigured, RunContext,
};
use universal_worker_plugin::in_process;

use crate::subject::{Subject, WithArgs};

/// A context that records its calls and counts its drops.
struct Recorder {
    calls: Mutex<Vec<String>>,
    dropped: Arc<AtomicUsize>,
}

impl Recorder {
    fn record(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl RunContext for Recorder {
    fn is_cancelled(&self) -> bool {
        false
    }
    fn wait_cancelled(&self, _limit: Duration) -> bool {
        false
    }
    fn remaining(&self) -> Option<Duration> {
        Some(Duration::from_millis(1500))
    }
    fn bound(&self) {
        self.record("bound".to_owned());
    }
    fn progress(&self, fraction: f64, message: Option<&str>) {
        self.record(format!("{fraction} {message:?}"));
    }
    fn emit(&self, json: &[u8]) -> Emitted {
        self.record(String::from_utf8(json.to_vec()).unwrap());
        Emitted::Taken
    }
    fn usage(&self, json: &[u8]) {
        self.record(String::from_utf8(json.to_vec()).unwrap());
    }
    fn log_enabled(&self, _level: Level, _target: &str) -> bool {
        true
    }
    fn log(&self, level: Level, target: &str, message: &str) {
        self.record(format!("{level:?} {target} {message}"));
    }
    fn run_id(&self) -> &str {
        "a run"
    }
}

/// Makes contexts, all of which must be dropped at the end.
#[derive(Default)]
struct Contexts {
    made: usize,
    dropped: Arc<AtomicUsize>,
}

impl Contexts {
    fn next(&mut self) -> Arc<Recorder> {
        self.made += 1;
        Arc::new(Recorder { calls: Mutex::default(), dropped: Arc::clone(&self.dropped) })
    }

    #[track_caller]
    fn assert_dropped(&self) {
        assert_eq!(self.dropped.load(Ordering::Relaxed), self.made);
    }

    fn class(&mut self) -> Class {
        in_process::<Subject>(self.next()).unwrap()
    }

    fn instance(&mut self, class: &Class, config: &str) -> Result<Instance, Fault> {
        class.create(config.as_bytes(), self.next())
    }
}

#[test]
fn each_entry_passes_its_arguments_and_drops_its_context() {
    let mut contexts = Contexts::default();
    let class = contexts.class();
    assert_eq!((class.info().class.as_str(), class.info().concurrency), ("Subject", 1));
    let mut instance = contexts.instance(&class, r#"{"word":"ab"}"#).unwrap();
    assert_eq!(instance.config().as_ref(), br#"{"word":"ab","behavior":"succeed"}"#);

    let context = contexts.next();
    let output = instance.execute(br#"{"args":[2]}"#, Arc::clone(&context)).unwrap();
    assert_eq!(output.as_ref(), br#""abab""#);
    let calls = ["bound", "0.5 Some(\"half\")", r#"{"words":2}"#];
    assert_eq!(*context.calls.lock().unwrap(), calls);
    drop(context);

    let context = contexts.next();
    instance.execute_stream(br#"{"kwargs":{"times":2}}"#, Arc::clone(&context)).unwrap();
    assert_eq!(*context.calls.lock().unwrap(), ["bound", r#""ab0""#, r#""ab1""#]);
    drop(context);

    instance.prefetch(contexts.next()).unwrap();
    instance.health(contexts.next()).unwrap();
    let options = class.config_options(br#"{"word":"now"}"#, contexts.next()).unwrap();
    assert!(options.as_ref().starts_with(br#"{"word":{"options":[{"value":"now""#));
    let outcome = instance.reconfigure(br#"{"word":"c"}"#, contexts.next()).unwrap();
    assert_eq!(outcome, Reconfigured::InPlace);
    assert_eq!(instance.config().as_ref(), br#"{"word":"c","behavior":"succeed"}"#);
    for fault in [
        instance.extension("unknown", b"", contexts.next()).unwrap_err(),
        class.extension("unknown", b"", contexts.next()).unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::NotSupported);
    }
    drop((instance, class));
    contexts.assert_dropped();
}

#[test]
fn errors_and_panics_become_faults() {
    let mut contexts = Contexts::default();
    let class = contexts.class();
    for (behavior, kind) in [
        ("fail", FaultKind::Failed),
        ("panic", FaultKind::Panicked),
        ("panic_with_bomb", FaultKind::Panicked),
    ] {
        let config = format!(r#"{{"word":"","behavior":"{behavior}"}}"#);
        let refused = format!(r#"{{"behavior":"{behavior}","word":"refused"}}"#);
        let mut instance = contexts.instance(&class, &config).unwrap();
        let call = br#"{"args":[1]}"#;
        for fault in [
            instance.execute(call, contexts.next()).unwrap_err(),
            instance.execute_stream(call, contexts.next()).unwrap_err(),
            instance.prefetch(contexts.next()).unwrap_err(),
            instance.health(contexts.next()).unwrap_err(),
            instance.reconfigure(config.as_bytes(), contexts.next()).unwrap_err(),
            class.create(refused.as_bytes(), contexts.next()).unwrap_err(),
        ] {
            assert_eq!(fault.kind, kind, "{}", fault.message);
        }
        assert_eq!(instance.config().as_ref(), config.as_bytes());
    }
    drop(class);
    contexts.assert_dropped();
}

#[test]
fn a_panicking_cleanup_is_caught() {
    let mut contexts = Contexts::default();
    let class = contexts.class();
    drop(contexts.instance(&class, r#"{"word":"explosive"}"#).unwrap());
    drop(class);
    contexts.assert_dropped();
}

#[test]
fn arguments_that_do_not_bind_are_rejected_before_the_plugin_runs() {
    let mut contexts = Contexts::default();
    let class = contexts.class();
    let instance = contexts.instance(&class, "{}").unwrap();
    for (call, kind) in [
        (&b"{nope"[..], FaultKind::Syntax),
        (br#"{"args":["x"]}"#, FaultKind::Arguments),
        (br#"{"kwargs":{}}"#, FaultKind::Arguments),
    ] {
        let context = contexts.next();
        let fault = instance.execute(call, Arc::clone(&context)).unwrap_err();
        assert_eq!(fault.kind, kind, "{}", fault.message);
        assert!(context.calls.lock().unwrap().is_empty());
    }
    drop((instance, class));
    contexts.assert_dropped();
}

#[test]
fn an_invalid_class_is_explained() {
    use universal_worker_plugin::__export::{ClassEntry, describe};

    for (entry, expected) in [
        (
            ClassEntry::new::<WithArgs<(u8, u8)>>("A", "p", "1"),
            "Args of class 'A' is of type array in JSON",
        ),
        (
            ClassEntry::new::<WithArgs<subject::Panics>>("B", "p", "1"),
            "panicked at crates/plugin/tests",
        ),
    ] {
        let fault = Fault::from(describe(&[entry]).into_result().unwrap_err());
        assert!(fault.message.contains(expected), "{}", fault.message);
    }
}
