//! A class without Rust types, with every method.

use std::panic;
use std::sync::{Arc, Mutex};

use universal_worker_abi::Reconfigured;
use universal_worker_plugin::dynamic::{
    ClassInfo, DynClass, DynInstance, Fault, FaultKind, in_process,
};
use universal_worker_plugin::{Context, PluginError};

use crate::Contexts;

type Calls = Arc<Mutex<Vec<String>>>;

/// Records its calls and returns what it gets, or panics in every method.
struct Echo {
    info: ClassInfo,
    calls: Calls,
    panics: bool,
}

struct EchoInstance {
    calls: Calls,
    panics: bool,
}

/// A panic payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in the destructor of the payload");
    }
}

fn record(calls: &Calls, panics: bool, call: &str, bytes: &[u8]) -> Vec<u8> {
    calls.lock().unwrap().push(format!("{call} {}", String::from_utf8_lossy(bytes)));
    if panics {
        panic::panic_any(Bomb);
    }
    bytes.to_vec()
}

impl Echo {
    fn record(&self, call: &str, bytes: &[u8]) -> Vec<u8> {
        record(&self.calls, self.panics, call, bytes)
    }
}

impl EchoInstance {
    fn record(&self, call: &str, bytes: &[u8]) -> Vec<u8> {
        record(&self.calls, self.panics, call, bytes)
    }
}

impl DynClass for Echo {
    fn info(&self) -> &ClassInfo {
        &self.info
    }

    fn load(&self, cx: &Context) -> Result<(), Fault> {
        assert_eq!(cx.run_id(), "a run");
        self.calls.lock().unwrap().push("load".to_owned());
        Ok(())
    }

    fn complete_config(&self, config: &[u8]) -> Result<Vec<u8>, Fault> {
        Ok(self.record("complete_config", config))
    }

    fn create(&self, config: &[u8], _cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        if config == b"{}" {
            let panics = self.panics;
            return Ok(Box::new(EchoInstance { calls: Arc::clone(&self.calls), panics }));
        }
        self.record("create", config);
        Err(PluginError::user_input("rejected").into())
    }

    fn config_options(&self, config: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        Ok(self.record("config_options", config))
    }

    fn extension(&self, name: &str, json: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        Ok(self.record(name, json))
    }
}

impl DynInstance for EchoInstance {
    fn config(&self) -> Vec<u8> {
        self.record("config", br#"{"a":1}"#)
    }

    fn execute(&self, call: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        cx.arguments_bound();
        Ok(self.record("execute", call))
    }

    fn prefetch(&self, _cx: &Context) -> Result<(), Fault> {
        self.record("prefetch", b"");
        Ok(())
    }

    fn health(&self, _cx: &Context) -> Result<(), Fault> {
        self.record("health", b"");
        Ok(())
    }

    fn reconfigure(&mut self, config: &[u8], _cx: &Context) -> Result<Reconfigured, Fault> {
        self.record("reconfigure", config);
        Ok(Reconfigured::InPlace)
    }

    fn extension(&self, name: &str, json: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        Ok(self.record(name, json))
    }
}

impl Drop for EchoInstance {
    fn drop(&mut self) {
        self.record("cleanup", b"");
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.record("drop", b"");
    }
}

fn echo(calls: &Calls, panics: bool) -> Box<Echo> {
    let mut info = ClassInfo::new("Echo", "echo", "1.2.3");
    info.concurrency = 7;
    Box::new(Echo { info, calls: Arc::clone(calls), panics })
}

#[test]
fn every_method_of_a_dynamic_class_is_called_through_the_boundary() {
    let (mut contexts, calls) = (Contexts::default(), Calls::default());
    let class = in_process(echo(&calls, false), contexts.next()).unwrap();
    assert_eq!((class.info().name.as_str(), class.info().concurrency), ("echo", 7));
    assert_eq!(class.complete_config(b"{}").unwrap().as_ref(), b"{}");
    assert_eq!(class.create(b"[]", contexts.next()).unwrap_err().message, "rejected");
    assert_eq!(class.config_options(b"{}", contexts.next()).unwrap().as_ref(), b"{}");
    assert_eq!(class.extension("class", b"1", contexts.next()).unwrap().as_ref(), b"1");

    let mut instance = class.create(b"{}", contexts.next()).unwrap();
    assert_eq!(instance.config().as_ref(), br#"{"a":1}"#);
    assert_eq!(instance.execute(b"2", contexts.next()).unwrap().as_ref(), b"2");
    let context = contexts.next();
    instance.execute_stream(b"3", Arc::clone(&context)).unwrap();
    assert_eq!(*context.calls.lock().unwrap(), ["bound", "3"]);
    drop(context);
    instance.prefetch(contexts.next()).unwrap();
    instance.health(contexts.next()).unwrap();
    let outcome = instance.reconfigure(b"4", contexts.next()).unwrap();
    assert_eq!(outcome, Reconfigured::InPlace);
    assert_eq!(instance.extension("instance", b"5", contexts.next()).unwrap().as_ref(), b"5");
    drop((instance, class));
    contexts.assert_dropped();
    let expected = [
        "load",
        "complete_config {}",
        "create []",
        "config_options {}",
        "class 1",
        r#"config {"a":1}"#,
        "execute 2",
        "execute 3",
        "prefetch ",
        "health ",
        "reconfigure 4",
        "instance 5",
        "cleanup ",
        "drop ",
    ];
    assert_eq!(*calls.lock().unwrap(), expected);
}

#[test]
fn no_panic_of_a_dynamic_class_leaves_the_boundary() {
    let (mut contexts, calls) = (Contexts::default(), Calls::default());
    let class = in_process(echo(&calls, true), contexts.next()).unwrap();
    let mut instance = class.create(b"{}", contexts.next()).unwrap();
    assert_eq!(instance.config().as_ref(), b"{}");
    for fault in [
        class.complete_config(b"").unwrap_err(),
        class.create(b"[]", contexts.next()).unwrap_err(),
        class.config_options(b"", contexts.next()).unwrap_err(),
        class.extension("", b"", contexts.next()).unwrap_err(),
        instance.execute(b"", contexts.next()).unwrap_err(),
        instance.execute_stream(b"", contexts.next()).unwrap_err(),
        instance.prefetch(contexts.next()).unwrap_err(),
        instance.health(contexts.next()).unwrap_err(),
        instance.reconfigure(b"", contexts.next()).unwrap_err(),
        instance.extension("", b"", contexts.next()).unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::Panicked, "{}", fault.message);
    }
    drop((instance, class));
    contexts.assert_dropped();
    assert_eq!(calls.lock().unwrap().last().unwrap(), "drop ");
}

/// A class with nothing but the required methods.
struct Minimal(ClassInfo);

struct MinimalInstance;

impl DynClass for Minimal {
    fn info(&self) -> &ClassInfo {
        &self.0
    }

    fn complete_config(&self, config: &[u8]) -> Result<Vec<u8>, Fault> {
        Ok(config.to_vec())
    }

    fn create(&self, _config: &[u8], _cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        Ok(Box::new(MinimalInstance))
    }
}

impl DynInstance for MinimalInstance {
    fn config(&self) -> Vec<u8> {
        b"{}".to_vec()
    }

    fn execute(&self, _call: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        Ok(b"1".to_vec())
    }
}

#[test]
fn optional_methods_of_a_dynamic_class_are_not_supported() {
    let mut contexts = Contexts::default();
    let class = Box::new(Minimal(ClassInfo::new("Minimal", "minimal", "1.0.0")));
    let class = in_process(class, contexts.next()).unwrap();
    let mut instance = class.create(b"{}", contexts.next()).unwrap();
    for fault in [
        class.config_options(b"", contexts.next()).unwrap_err(),
        class.extension("new", b"", contexts.next()).unwrap_err(),
        instance.prefetch(contexts.next()).unwrap_err(),
        instance.health(contexts.next()).unwrap_err(),
        instance.extension("new", b"", contexts.next()).unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::NotSupported, "{}", fault.message);
    }
    let outcome = instance.reconfigure(b"{}", contexts.next()).unwrap();
    assert_eq!(outcome, Reconfigured::Rebuild);
    let context = contexts.next();
    instance.execute_stream(b"{}", Arc::clone(&context)).unwrap();
    assert_eq!(*context.calls.lock().unwrap(), ["1"]);
}
