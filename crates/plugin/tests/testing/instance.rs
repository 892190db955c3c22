//! The lifecycle of an instance.

use serde_json::json;
use universal_worker_plugin::testing::{FailureKind, Harness};
use universal_worker_plugin::{
    Category, Context, Level, Plugin, PluginError, RawArgs, Reconfigured, Reload,
};

use crate::subject::{Config, Subject};

fn subject() -> Harness<Subject> {
    Harness::new(Config::default()).unwrap()
}

#[test]
fn a_rejected_config_has_message_category_and_fields() {
    let failure = Harness::<Subject>::new(json!({"model": "none"})).unwrap_err();
    assert_eq!(failure.to_string(), "no model");
    assert_eq!(failure.category(), Some(Category::Resource));
    assert_eq!(failure.fields().into_iter().collect::<Vec<_>>(), [("model", "does not exist")]);
    assert_eq!(failure.retriable(), Some(true));
    let failure = Harness::<Subject>::new(json!({"modle": "small"})).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Arguments);
    assert!(failure.message().contains("did you mean 'model'?"), "{failure}");
    let failure = Harness::<Subject>::new(json!({"model": "panic"})).unwrap_err();
    assert!(failure.is_panic() && failure.message().contains("no such model"), "{failure}");
}

#[test]
fn an_error_of_load_is_returned() {
    struct Unlicensed;
    impl Plugin for Unlicensed {
        type Config = Config;
        type Args = RawArgs;
        type Output = ();
        fn load(_cx: &Context) -> Result<(), PluginError> {
            Err(PluginError::fatal("no license"))
        }
        fn initialize(_config: Config, _cx: &Context) -> Result<Self, PluginError> {
            Ok(Self)
        }
        fn execute(&self, _args: RawArgs, _cx: &Context) -> Result<(), PluginError> {
            Ok(())
        }
    }
    let failure = Harness::<Unlicensed>::new(()).unwrap_err();
    assert_eq!((failure.message(), failure.category()), ("no license", Some(Category::Fatal)));
}

#[test]
fn health_options_and_background_log_lines_are_visible() {
    let subject = subject();
    let failure = subject.health().unwrap_err();
    assert_eq!(failure.message(), "the device sleeps");
    assert_eq!(failure.retry_after_seconds(), Some(2.0));
    assert_eq!(subject.config_options().unwrap()["model"].options[0].value, "small");
    let lines = [(Level::Info, "subject", "initialize small"), (Level::Warn, "subject", "checked")];
    assert_eq!(subject.log(), lines);
}

#[test]
fn a_config_is_applied_in_place_or_by_a_new_instance() {
    let mut subject = subject();
    assert_eq!(subject.reconfigure(json!({"level": 3})).unwrap(), Reconfigured::InPlace);
    assert_eq!(subject.config()["level"], 3);
    let outcome = subject.reconfigure(json!({"model": "large"})).unwrap();
    assert_eq!(outcome, Reconfigured::Rebuild);
    assert_eq!(subject.call(["a"], ()).output()[0], "large");
}

#[test]
fn a_rejected_config_leaves_the_previous_one_in_force() {
    let mut subject = subject();
    let in_force = subject.config();
    let configs = [json!({"level": 9}), json!({"level": 10}), json!({"model": "none"}), json!([])];
    for config in configs {
        subject.reconfigure(&config).unwrap_err();
        assert_eq!(subject.config(), in_force, "{config}");
        assert!(subject.call(["a"], ()).result.is_ok(), "{config}");
    }
}

#[test]
fn drop_first_never_has_two_instances() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static INSTANCES: AtomicU32 = AtomicU32::new(0);
    struct Device;
    impl Plugin for Device {
        type Config = Config;
        type Args = RawArgs;
        type Output = ();
        const RELOAD: Reload = Reload::DropFirst;
        fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
            if config.level > 0 || INSTANCES.fetch_add(1, Ordering::SeqCst) > 0 {
                return Err(PluginError::user_input("rejected"));
            }
            Ok(Self)
        }
        fn execute(&self, _args: RawArgs, _cx: &Context) -> Result<(), PluginError> {
            Ok(())
        }
    }
    impl Drop for Device {
        fn drop(&mut self) {
            INSTANCES.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let mut device = Harness::<Device>::new(()).unwrap();
    assert_eq!(device.reconfigure(json!({"model": "b"})).unwrap(), Reconfigured::Rebuild);
    device.reconfigure(json!({"level": 1})).unwrap_err();
    assert_eq!(device.config()["model"], "b");
    assert!(device.prefetch().failure().is_not_supported());
    device.close().unwrap();
    assert_eq!(INSTANCES.load(Ordering::SeqCst), 0);
}

#[test]
fn close_reports_a_panicking_cleanup() {
    subject().close().unwrap();
    let bad = || Harness::<Subject>::new(json!({"panics_in_cleanup": true})).unwrap();
    drop(bad());
    let failure = bad().close().unwrap_err();
    assert!(failure.is_panic() && failure.message().contains("in the cleanup"), "{failure}");
}
