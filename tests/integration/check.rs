//! `--check` tells what a plugin is.

use serde_json::Value;
use serde_json::json;

use crate::support::run_to_end;

#[tokio::test]
async fn it_tells_what_is_in_a_library() {
    let ended = run_to_end(&["--module", "conformance", "--check", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["abi"], &told["panic"]), (&json!("1.0.0"), &json!("unwind")));
    assert_eq!(told["sha256"].as_str().unwrap().len(), 64);
    assert!(told["file"].as_str().unwrap().ends_with("libconformance.so"));
    let classes = told["classes"].as_array().unwrap();
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
async fn it_loads_the_class_that_is_named() {
    let module = ["--module", "conformance", "--check", "--class"];
    let good = run_to_end(&[&module[..], &["Conformance"]].concat()).await;
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.contains("Conformance"), "{}", good.stdout);
    let bad = run_to_end(&[&module[..], &["RefusesToLoad"]].concat()).await;
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.stderr.contains("no licence for this machine"), "{}", bad.stderr);
}
