//! Results and reports of runs.

use serde::Deserialize;
use serde_json::json;
use universal_worker_plugin::testing::{FailureKind, Harness};
use universal_worker_plugin::{Category, Level, TraceContext};

use crate::subject::Subject;

fn subject() -> Harness<Subject> {
    Harness::new(()).unwrap()
}

#[test]
fn arguments_bind_by_position_and_by_keyword() {
    let subject = subject();
    let expected = json!(["small", "a"]);
    assert_eq!(subject.call(["a"], ()).output(), &expected);
    assert_eq!(subject.call((), json!({"what": "a"})).output(), &expected);
    assert_eq!(subject.call(json!(["a", 2]), ()).output(), &expected);
    let [model, what]: [String; 2] = subject.call(["a"], ()).output_as();
    assert_eq!((model.as_str(), what.as_str()), ("small", "a"));
}

#[test]
fn arguments_that_do_not_bind_are_rejected_like_in_a_worker() {
    let subject = subject();
    let rejected = subject.call(["a"], json!({"what": "b"}));
    assert_eq!(rejected.failure().message(), "got multiple values for argument 'what'");
    assert_eq!(rejected.failure().kind(), FailureKind::Arguments);
    assert_eq!(rejected.failure().category(), Some(Category::UserInput));
    assert!(rejected.failure().fields().contains_key("what"));
    let shape = subject.call("a", ());
    assert_eq!(shape.failure().message(), "args must be an array, not a string");
}

#[test]
fn reports_of_a_stream_are_recorded_in_order() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        time: u32,
    }
    let run = subject().stream(json!(["part", 2]), ());
    assert_eq!(run.output(), &json!(null));
    assert_eq!(run.emitted, [json!({"time": 1}), json!({"time": 2})]);
    assert_eq!(run.emitted_as::<Line>(), [Line { time: 1 }, Line { time: 2 }]);
    assert_eq!(run.progress, [(0.5, "part 1"), (1.0, "part 2")]);
    assert_eq!(run.log, [(Level::Debug, "subject", "emitted"); 2]);
    assert_eq!(json!(run.usage), json!({"last": 2, "part": 1}));
}

#[test]
fn usage_figures_are_limited_to_4_kib() {
    let run = subject().stream(json!(["x".repeat(4096), 1]), ());
    assert!(run.usage.is_empty());
    assert!(run.log[0].message.contains("4096"), "{:?}", run.log);
    assert_eq!(run.log[0].level, Level::Warn);
}

#[test]
fn emitting_in_execute_is_an_error() {
    let run = subject().call(["emit"], ());
    assert!(run.failure().message().contains("execute_stream"), "{:?}", run.result);
    assert!(run.emitted.is_empty());
}

#[test]
fn a_panic_fails_only_its_run() {
    let subject = subject();
    let run = subject.call(json!(["panic", 7]), ());
    assert!(run.failure().is_panic());
    assert!(run.failure().message().contains("boom 7"), "{:?}", run.result);
    assert_eq!(run.failure().category(), Some(Category::Fatal));
    assert!(subject.call(["a"], ()).result.is_ok());
}

#[test]
fn threads_can_share_a_harness() {
    let subject = subject();
    std::thread::scope(|scope| {
        for what in ["a", "b", "c"] {
            let subject = &subject;
            scope.spawn(move || assert_eq!(subject.call([what], ()).output()[1], what));
        }
    });
}

#[test]
fn failed_assertions_show_the_actual_result() {
    let message = |check: &(dyn Fn() + std::panic::RefUnwindSafe)| {
        let payload = std::panic::catch_unwind(check).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let failed = message(&|| drop(subject().call((), ()).output().clone()));
    assert!(failed.contains("missing required argument 'what'"), "{failed}");
    let returned = message(&|| drop(subject().call(["a"], ()).failure().clone()));
    assert!(returned.contains(r#"["small","a"]"#), "{returned}");
    let another = message(&|| drop(subject().call(["a"], ()).output_as::<String>()));
    assert!(another.contains("the result is of another type"), "{another}");
}

#[test]
fn response_headers_are_recorded() {
    let run = subject().call(["response_header"], ());
    assert_eq!(run.response_headers, [("X-Accounts".to_owned(), "[1]".to_owned())]);
}

#[test]
fn a_run_shows_the_trace_that_the_test_gives() {
    let mut trace = TraceContext::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    trace.tracestate = Some("congo=t61rcWkgMzE".to_owned());
    let run = subject().prepare().args(["trace"]).trace_context(trace.clone()).call();
    assert_eq!(run.output(), &json!([trace.traceparent, "congo=t61rcWkgMzE"]));
    assert_eq!(subject().call(["trace"], ()).output(), &json!(null));
}
