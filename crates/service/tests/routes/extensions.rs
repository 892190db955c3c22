//! The routes that call an extension of the plugin.

use std::time::Duration;

use serde_json::{Value, json};
use universal_worker_plugin::PluginError;
use universal_worker_plugin::dynamic::{Fault, FaultKind};
use universal_worker_service::{WorkerService, background_context};

use crate::{Script, request};

const ROUTES: [(&str, &str); 7] = [
    ("POST", "task"),
    ("POST", "reconfigure"),
    ("POST", "on_disable"),
    ("POST", "on_enable"),
    ("GET", "structural_surface"),
    ("POST", "get_system_status"),
    ("POST", "list_processes"),
];

/// Answers with what it was called on, and with what.
fn echo() -> Script {
    Script {
        extension: |target, name, json, _| {
            let text = str::from_utf8(json).unwrap();
            Ok(json!([format!("{target:?}"), name, text]).to_string().into_bytes())
        },
        ..Script::default()
    }
}

#[tokio::test]
async fn a_route_calls_the_class_until_there_is_an_instance() {
    let service = echo().serve();
    for target in ["Class", "Instance"] {
        for (method, name) in ROUTES {
            let body = if method == "GET" { "" } else { "{\"any\": 1.50}" };
            let response = request(&service, method, &format!("/{name}"), body).await;
            assert_eq!(response.status, 200, "{name}: {}", response.body);
            assert_eq!(response.json(), json!([target, name, body]));
            assert!(response.headers.contains_key("x-run-id"), "{name}");
        }
        assert_eq!(request(&service, "POST", "/initialize", "{}").await.status, 200);
    }
}

#[tokio::test]
async fn a_report_names_the_extension_as_the_kind() {
    let service = echo().serve();
    request(&service, "POST", "/task", "{}").await;
    request(&service, "POST", "/execute", "{}").await;
    let runs = request(&service, "GET", "/runs", "").await.json();
    let kinds: Vec<&Value> =
        runs["runs"].as_array().unwrap().iter().map(|run| &run["kind"]).collect();
    assert_eq!(kinds, ["execute", "task"]);
}

#[tokio::test]
async fn faults_have_their_status() {
    let service = Script {
        extension: |_, name, json, _| {
            Err(match json {
                b"1" => Fault::new(FaultKind::NotSupported, "unknown task 'x'"),
                b"2" => Fault::new(FaultKind::NotImplemented, "not here"),
                b"3" => Fault::new(FaultKind::Arguments, "unfit"),
                b"4" => Fault::new(FaultKind::Failed, "broken"),
                _ => Fault::unknown_extension(name),
            })
        },
        ..Script::default()
    };
    let service = service.serve();
    for (body, status, detail) in [
        ("1", 404, "unknown task 'x'"),
        ("2", 501, "not here"),
        ("3", 422, "unfit"),
        ("4", 500, "broken"),
        ("5", 404, "unknown extension 'task'"),
    ] {
        let response = request(&service, "POST", "/task", body).await;
        assert_eq!(response.status, status, "{}", response.body);
        assert_eq!(response.json()["detail"], detail);
        // Where there is nothing to run, there is no error of a run.
        let message = &response.json()["_job_error"]["message"];
        assert_eq!(message, &if status == 404 { Value::Null } else { detail.into() });
    }
}

#[tokio::test]
async fn a_typed_plugin_has_none_of_them() {
    let class = universal_worker_plugin::in_process::<hello::Hello>(background_context());
    let service = WorkerService::builder(class.unwrap()).build();
    for (method, name) in ROUTES {
        let response = request(&service, method, &format!("/{name}"), "").await;
        assert_eq!(response.status, 404, "{name}");
    }
    // The class takes no config from it.
    let runs = request(&service, "GET", "/runs", "").await.json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), ROUTES.len());
}

#[tokio::test]
async fn an_extension_is_cancelled_like_any_run() {
    let service = Script {
        extension: |_, _, _, cx| {
            cx.sleep(Duration::from_secs(60))?;
            Err(PluginError::new("nobody cancelled").into())
        },
        ..Script::default()
    };
    let service = service.serve();
    let (waiting, beside) = (service.clone(), service.clone());
    let run = tokio::spawn(async move { request(&waiting, "POST", "/task", "{}").await });
    loop {
        let runs = request(&beside, "GET", "/runs", "").await.json();
        if runs["runs"][0]["state"] == "running" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(request(&service, "POST", "/cancel", "").await.json()["status"], "cancelled");
    assert_eq!(run.await.unwrap().status, 409);
}
