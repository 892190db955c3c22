//! Every way in which a plugin does not load.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::plugin;
use crate::support::run_to_end;
use crate::support::scratch;

async fn refused(module: &Path, class: &str, told: &[&str]) {
    let module = module.to_str().unwrap();
    let ended = run_to_end(&["--module", module, "--class", class]).await;
    assert_eq!(ended.code, Some(1), "{module}: {ended:?}");
    let last = ended.stderr.lines().last().unwrap_or_default();
    let expected = format!("FATAL: Failed to load {module}:{class} - ");
    assert!(last.starts_with(&expected), "{last}");
    assert!(last.len() < 600, "{last}");
    for told in told {
        assert!(last.contains(told), "'{last}' does not tell '{told}'");
    }
    let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
    assert_eq!((&failed["event"], &failed["stage"]), (&"failed".into(), &"load".into()));
    assert_eq!(failed["code"], 1);
    assert!(last.contains(failed["message"].as_str().unwrap()), "{failed}");
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_its_cause() {
    let dir = scratch();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let whole = fs::read(plugin("hello")).unwrap();
    let mut foreign = whole.clone();
    foreign[18] = 0xF7; // e_machine of the ELF header: BPF
    foreign[19] = 0;

    refused(&dir.path().join("nope.so"), "Hello", &["nope.so", "no such file"]).await;
    refused(dir.path(), "Hello", &["folder"]).await;
    refused(&file("empty.so", b""), "Hello", &["empty"]).await;
    refused(&file("text.so", b"#!/bin/sh\necho\n"), "Hello", &["ELF"]).await;
    refused(&file("foreign.so", &foreign), "Hello", &["foreign.so"]).await;
    refused(&file("cut.so", &whole[..whole.len() / 2]), "Hello", &["cut.so"]).await;
    refused(&file("head.so", &whole[..100]), "Hello", &["head.so"]).await;
}

#[tokio::test]
async fn a_library_that_is_no_plugin_is_refused() {
    let library = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"]
        .into_iter()
        .chain(["/lib64/libm.so.6", "/usr/lib/libm.so.6"])
        .map(Path::new)
        .find(|path| path.exists())
        .expect("the C library's libm is in one of the usual places");
    refused(library, "Hello", &["not a universal-worker plugin"]).await;
}

#[tokio::test]
async fn a_class_that_does_not_load_is_refused() {
    let conformance = plugin("conformance");
    refused(&conformance, "Nope", &["Nope", "Conformance", "Parallel"]).await;
    refused(&conformance, "RefusesToLoad", &["no licence for this machine"]).await;
    refused(&conformance, "PanicsOnLoad", &["panicked", "panicked while loading"]).await;
}

#[tokio::test]
async fn a_class_may_be_left_out_where_there_is_one() {
    let one = run_to_end(&["--module", "hello", "--check"]).await;
    assert_eq!(one.code, Some(0), "{one:?}");
    let many = run_to_end(&["--module", "conformance"]).await;
    assert_eq!(many.code, Some(1), "{many:?}");
    for class in ["Conformance", "NotCancellable", "Parallel"] {
        assert!(many.stderr.contains(class), "{}", many.stderr);
    }
}

#[tokio::test]
async fn a_name_is_looked_up_in_the_plugin_folders() {
    for name in ["voice-activity", "voice_activity", "libvoice_activity.so"] {
        let ended = run_to_end(&["--module", name, "--check"]).await;
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    }
    let ended = run_to_end(&["--module", "voice-activty"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("voice"), "{}", ended.stderr);
}
