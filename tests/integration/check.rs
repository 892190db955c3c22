//! `--check`.

use serde_json::{Value, json};

use crate::support::{c_library, is_gone, plugin, run_to_end, scratch};

#[tokio::test]
async fn check_describes_a_library() {
    let ended = run_to_end(&["--module", "conformance", "--check", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["abi"], &report["panic"]), (&json!("1.2.0"), &json!("unwind")));
    assert_eq!(report["sha256"].as_str().unwrap().len(), 64);
    assert!(report["compiler"].as_str().unwrap().starts_with("rustc 1."), "{}", report["compiler"]);
    assert!(report["file"].as_str().unwrap().ends_with("libconformance.so"));
    let classes = report["classes"].as_array().unwrap();
    let parallel = classes.iter().find(|class| class["class"] == "Parallel").unwrap();
    assert_eq!(parallel["name"], "conformance");
    assert_eq!(parallel["version"], "1.2.3");
    assert_eq!(parallel["concurrency"], 4);
    assert_eq!(parallel["cancellable"], true);
    for schema in ["config_schema", "args_schema", "output_schema"] {
        assert!(parallel[schema].is_object() || parallel[schema].is_boolean(), "{schema}");
    }
    let deaf = classes.iter().find(|class| class["class"] == "NotCancellable").unwrap();
    assert_eq!(deaf["cancellable"], false);
}

#[tokio::test]
async fn check_loads_the_named_class() {
    let module = ["--module", "conformance", "--check", "--class"];
    let good = run_to_end(&[&module[..], &["Conformance"]].concat()).await;
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.contains("Conformance"), "{}", good.stdout);
    let bad = run_to_end(&[&module[..], &["RefusesToLoad"]].concat()).await;
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.stderr.contains("no license for this machine"), "{}", bad.stderr);
}

#[tokio::test]
async fn check_prints_text_for_people() {
    let ended = run_to_end(&["--module", "hello", "--check"]).await;
    for line in [
        "interface  1.2.0",
        "panic      unwind",
        "class Hello: hello 0.1.0",
        "  runs at once: 1, can be cancelled",
        "    greeting: string = \"Hello\" - The text before the name.",
        "    name: string (required) - The name of the person to greet.",
    ] {
        assert!(ended.stdout.lines().any(|printed| printed == line), "{line} in {}", ended.stdout);
    }
}

#[tokio::test]
async fn check_executes_one_run() {
    let check = ["--module", "hello", "--check", "--execute"];
    let good = run_to_end(&[&check[..], &[r#"{"args":["you"]}"#]].concat()).await;
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(good.stdout.lines().last(), Some("\"Hello, you!\""));
    let with_config = [r#"{"args":["you"]}"#, "--config", r#"{"greeting":"Moin"}"#, "--json"];
    let good = run_to_end(&[&check[..], &with_config].concat()).await;
    let report: Value = serde_json::from_str(&good.stdout).unwrap();
    assert_eq!(
        (&report["run"]["result"], &report["run"]["class"]),
        (&json!("Moin, you!"), &json!("Hello"))
    );

    let bad = run_to_end(&[&check[..], &["{}", "--json"]].concat()).await;
    assert_eq!(bad.code, Some(1), "{bad:?}");
    let report: Value = serde_json::from_str(&bad.stdout).unwrap();
    assert_eq!(report["run"]["error"], "missing required argument 'name'");
    let last = "FATAL: hello: the run failed: missing required argument 'name'";
    assert_eq!(bad.stderr.lines().last(), Some(last));
}

#[tokio::test]
async fn prints_of_a_plugin_are_not_part_of_the_report() {
    let call = r#"{"kwargs":{"op":"print","message":"printed"}}"#;
    let class = ["--module", "conformance", "--class", "Conformance"];
    let ended = run_to_end(&[&class[..], &["--check", "--json", "--execute", call]].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["run"]["result"], Value::Null);
    assert!(ended.stderr.contains("INFO  stdout: printed"), "{}", ended.stderr);
}

#[tokio::test]
async fn check_validates_a_config() {
    let check = ["--module", "voice-activity", "--check", "--config"];
    assert_eq!(run_to_end(&[&check[..], &["{}"]].concat()).await.code, Some(0));
    let bad = run_to_end(&[&check[..], &[r#"{"nope":1}"#]].concat()).await;
    assert_eq!((bad.code, bad.stdout.as_str()), (Some(1), ""), "{bad:?}");
    let expected = "the config is refused: unexpected config field 'nope' (--check prints";
    assert!(bad.stderr.contains(expected), "{}", bad.stderr);
}

/// A process that the library starts holds stdout and stderr open.
#[tokio::test]
async fn processes_that_a_library_starts_do_not_block_check_and_list() {
    let dir = scratch();
    let (library, pid) = (dir.path().join("libstarts.so"), dir.path().join("pid"));
    let source = format!(
        "#include <stdlib.h>\n__attribute__((constructor)) void f(void) {{ \
         system(\"sleep 600 & echo $! > {}\"); }}",
        pid.display()
    );
    c_library(&library, &source, &[]);
    let (library, folder) = (library.to_str().unwrap(), dir.path().to_str().unwrap());
    for args in [["--list", "--plugin-dir", folder], ["--check", "--module", library]] {
        let ended = run_to_end(&args).await;
        let output = ended.stdout + &ended.stderr;
        assert!(output.contains("not a universal-worker plugin"), "{args:?}: {output}");
        let left = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        assert!(is_gone(left), "{args:?}");
    }
}

#[tokio::test]
async fn the_name_of_a_file_steers_no_terminal() {
    let dir = scratch();
    std::fs::write(dir.path().join("lib\u{1b}[31m\nx.so"), "x").unwrap();
    let ended = run_to_end(&["--list", "--plugin-dir", dir.path().to_str().unwrap()]).await;
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
    let first: Vec<&str> = ended.stdout.lines().take(2).collect();
    assert!(first[0].ends_with("lib\u{fffd}[31m\u{fffd}x.so"), "{first:?}");
    assert!(first[1].contains("is not a shared library"), "{first:?}");
}

#[tokio::test]
async fn the_list_obeys_the_load_timeout_and_names_missing_folders() {
    let dir = scratch();
    let hangs = dir.path().join("libhangs.so");
    let source =
        "#include <unistd.h>\n__attribute__((constructor)) void f(void) { for (;;) pause(); }";
    c_library(&hangs, source, &[]);
    let (folder, nowhere) = (dir.path().to_str().unwrap(), "/no/such/folder");
    let folders = ["--plugin-dir", folder, "--plugin-dir", nowhere, "--load-timeout", "0.5"];
    let ended = run_to_end(&[&["--list"], &folders[..]].concat()).await;
    assert!(ended.stdout.contains("takes longer than 0.5 s"), "{}", ended.stdout);
    let last = "--plugin-dir /no/such/folder: no such folder";
    assert_eq!(ended.stdout.lines().last(), Some(last));
}

#[tokio::test]
async fn the_list_describes_each_library_or_says_why_it_does_not_load() {
    let dir = scratch();
    let folder = dir.path().to_str().unwrap();
    std::fs::copy(plugin("hello"), dir.path().join("libcopy.so")).unwrap();
    std::fs::write(dir.path().join("libbroken.so"), "x").unwrap();
    let crashes = dir.path().join("libcrashes.so");
    let source = "__attribute__((constructor)) void f(void) { __builtin_trap(); }";
    c_library(&crashes, source, &[]);
    let ended = run_to_end(&["--list", "--plugin-dir", folder]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let after = |name: &str| {
        let mut lines = ended.stdout.lines().skip_while(|line| !line.starts_with(name));
        lines.nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(after("copy "), "  Hello 0.1.0");
    assert!(after("broken ").contains("is not a shared library"), "{}", ended.stdout);
    assert!(after("crashes ").contains("SIGILL"), "{}", ended.stdout);
    assert_eq!(after("voice-activity ").split_whitespace().next(), Some("VoiceActivity"));
}
