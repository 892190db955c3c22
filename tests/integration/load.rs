//! All ways in which loading a plugin fails.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Started, c_library, plugin, run_to_end, scratch, signal, until};

async fn refused(module: &Path, class: &str, expected: &[&str]) {
    let module = module.to_str().unwrap();
    let ended = run_to_end(&["--module", module, "--class", class]).await;
    assert_eq!(ended.code, Some(1), "{module}: {ended:?}");
    let last = ended.stderr.lines().last().unwrap_or_default();
    let prefix = format!("FATAL: Failed to load {module}:{class} - ");
    assert!(last.starts_with(&prefix), "{last}");
    for expected in expected {
        assert!(last.contains(expected), "'{last}' does not contain '{expected}'");
    }
    let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
    assert_eq!((&failed["event"], &failed["stage"]), (&"failed".into(), &"load".into()));
    assert_eq!(failed["code"], 1);
    let text = |key: &str| failed[key].as_str().unwrap().to_owned();
    let message = format!("{} ({})", text("message"), text("hint"));
    assert!(message.chars().count() < 400, "{message}");
    assert_eq!(last, format!("{prefix}{message}"));
}

#[tokio::test]
async fn a_file_that_is_not_a_plugin_is_rejected_with_the_cause() {
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

    refused(&dir.path().join("nope.so"), "Hello", &["nope.so", "no such file", "check"]).await;
    let slip = plugin("hello").with_file_name("libhelo.so");
    refused(&slip, "Hello", &["no such file", "did you mean 'libhello.so'?"]).await;
    refused(dir.path(), "Hello", &["folder"]).await;
    refused(&file("empty.so", b""), "Hello", &["empty"]).await;
    refused(&file("text.so", b"#!/bin/sh\necho\n"), "Hello", &["not a shared library"]).await;
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
    refused(&conformance, "RefusesToLoad", &["no license for this machine"]).await;
    refused(&conformance, "PanicsOnLoad", &["panicked", "panicked while loading"]).await;
}

#[tokio::test]
async fn a_library_that_lacks_another_names_it() {
    let dir = scratch();
    let (other, library) = (dir.path().join("libgpu.so.7"), dir.path().join("libneedy.so"));
    c_library(&other, "int gpu(void) { return 1; }", &["-Wl,-soname,libgpu.so.7"]);
    c_library(&library, "int gpu(void); int f(void) { return gpu(); }", &[other.to_str().unwrap()]);
    fs::remove_file(other).unwrap();
    refused(&library, "X", &["needs libgpu.so.7, which is not found", "LD_LIBRARY_PATH"]).await;
}

#[tokio::test]
async fn a_library_for_a_newer_system_names_the_version() {
    let dir = scratch();
    let (libc, library) = (dir.path().join("libc.so.6"), dir.path().join("libnew.so"));
    let map = dir.path().join("map");
    fs::write(&map, "GLIBC_9.99 { new; };").unwrap();
    let map = format!("-Wl,--version-script={}", map.display());
    let alone = "-nostdlib";
    c_library(&libc, "int new(void) { return 1; }", &[alone, "-Wl,-soname,libc.so.6", &map]);
    let source = "int new(void); int f(void) { return new(); }";
    c_library(&library, source, &[alone, libc.to_str().unwrap()]);
    refused(&library, "X", &["needs GLIBC_9.99 of the C library", "older system"]).await;
}

#[tokio::test]
async fn a_plugin_that_loads_too_slowly_is_rejected() {
    let dir = scratch();
    let hangs = dir.path().join("libhangs.so");
    let source =
        "#include <unistd.h>\n__attribute__((constructor)) void f(void) { for (;;) pause(); }";
    c_library(&hangs, source, &[]);
    let initialize = ["--config", r#"{"initialize_hangs":600}"#];
    for (module, class, more, expected) in [
        (hangs, "X", &[][..], "loading takes longer than 0.5 s"),
        (plugin("conformance"), "SlowToLoad", &[], "opening the class takes longer than 0.5 s"),
        (plugin("conformance"), "Conformance", &initialize, "initialize takes longer than 0.5 s"),
    ] {
        let module = module.to_str().unwrap();
        let args = ["--module", module, "--class", class, "--load-timeout", "0.5"];
        let ended = run_to_end(&[&args[..], more].concat()).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let last = ended.stderr.lines().last().unwrap();
        assert!(last.contains(expected) && last.contains("--load-timeout gives"), "{last}");
        let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
        let stage = if expected.starts_with("initialize") { "initialize" } else { "load" };
        assert_eq!(failed["stage"], stage);
        let message = failed["message"].as_str().unwrap();
        assert!(message.contains(expected) && message.contains(module), "{message}");
        assert!(failed["hint"].as_str().unwrap().contains("--load-timeout gives"), "{failed}");
    }
}

#[tokio::test]
async fn a_failure_is_one_printable_line_whatever_the_input() {
    let conformance = ["--module", "conformance", "--class", "Conformance", "--config"];
    let (newline, long) = ("./new\nline\u{1b}[31m.so", format!("./{}.so", "x".repeat(3000)));
    let class = "a\nb\u{1b}[31m".repeat(100);
    for args in [
        &["--module", newline][..],
        &["--module", &long],
        &["--module", "hello", "--class", &class],
        &["--module", "voice-activity", "--config", r#"{"a\nb\u001b[31m":1}"#],
        &[&conformance[..], &[r#"{"bad":"c\nd\u001b[31m"}"#]].concat(),
    ] {
        let ended = run_to_end(args).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let [last] = ended.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{ended:?}") };
        assert!(last.starts_with("FATAL: Failed to load "), "{last}");
        assert!(!last.contains(char::is_control) && last.chars().count() < 600, "{last:?}");
        let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
        let text = |key: &str| failed[key].as_str().unwrap().to_owned();
        let message = format!("{} ({})", text("message"), text("hint"));
        assert!(
            !message.contains(char::is_control) && message.chars().count() < 400,
            "{message:?}"
        );
        assert!(last.ends_with(&format!(" - {message}")), "{last} is not {message}");
    }
}

#[tokio::test]
async fn a_signal_ends_a_worker_whose_library_hangs() {
    let dir = scratch();
    let (hangs, mark) = (dir.path().join("libhangs.so"), dir.path().join("mark"));
    let source = format!(
        "#include <fcntl.h>\n#include <unistd.h>\n__attribute__((constructor)) void f(void) {{ \
         creat(\"{}\", 0600); for (;;) pause(); }}",
        mark.display()
    );
    c_library(&hangs, &source, &[]);
    // A wait that starts while the constructor runs must not wait for the dynamic linker.
    for _ in 0..10 {
        let mut started = Started::spawn(&["--module", hangs.to_str().unwrap(), "--class", "X"]);
        until(async || mark.exists()).await;
        signal(started.pid(), "TERM");
        assert_eq!(started.wait().code(), Some(0));
        fs::remove_file(&mark).unwrap();
    }
}

#[tokio::test]
async fn a_file_with_another_digest_is_rejected() {
    let checked = run_to_end(&["--module", "hello", "--check", "--json"]).await;
    let report: Value = serde_json::from_str(&checked.stdout).unwrap();
    let digest = report["sha256"].as_str().unwrap().to_uppercase();
    let right = ["--module", "hello", "--check", "--plugin-sha256", &digest];
    assert_eq!(run_to_end(&right).await.code, Some(0));
    let zeros = "0".repeat(64);
    let wrong = run_to_end(&["--module", "hello", "--plugin-sha256", &zeros]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let expected = format!("is not the expected file: its SHA-256 is {}", digest.to_lowercase());
    assert!(wrong.stderr.contains(&expected), "{}", wrong.stderr);
}

#[tokio::test]
async fn two_plugins_with_one_name_are_distinguished_by_path() {
    let dir = scratch();
    for name in ["libmy_hello.so", "libmy-hello.so"] {
        fs::copy(plugin("hello"), dir.path().join(name)).unwrap();
    }
    let folder = dir.path().to_str().unwrap();
    let ended = run_to_end(&["--module", "my-hello", "--plugin-dir", folder]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let expected = "has several plugins 'my-hello': libmy-hello.so, libmy_hello.so (give the path";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    let path = format!("{folder}/libmy-hello.so");
    assert_eq!(run_to_end(&["--module", &path, "--check"]).await.code, Some(0));
}

#[tokio::test]
async fn a_single_class_need_not_be_named() {
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
