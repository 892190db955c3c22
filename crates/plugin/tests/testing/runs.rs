//! What a run returns and tells.

use serde::Deserialize;
use serde_json::json;
use universal_worker_plugin::Category;
use universal_worker_plugin::Level;
use universal_worker_plugin::testing::FailureKind;
use universal_worker_plugin::testing::Harness;

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
fn what_does_not_bind_is_refused_in_the_words_of_a_worker() {
    let subject = subject();
    let refused = subject.call(["a"], json!({"what": "b"}));
    assert_eq!(refused.failure().message(), "got multiple values for argument 'what'");
    assert_eq!(refused.failure().kind(), FailureKind::Arguments);
    assert_eq!(refused.failure().category(), Some(Category::UserInput));
    assert!(refused.failure().fields().contains_key("what"));
    let shape = subject.call("a", ());
    assert_eq!(shape.failure().message(), "args must be an array, not a string");
}

#[test]
fn all_that_a_stream_tells_is_collected_in_order() {
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
fn figures_are_taken_up_to_4_kib() {
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
fn a_panic_is_an_error_with_its_message_and_costs_nothing_else() {
    let subject = subject();
    let run = subject.call(json!(["panic", 7]), ());
    assert!(run.failure().is_panic());
    assert!(run.failure().message().contains("boom 7"), "{:?}", run.result);
    assert_eq!(run.failure().category(), Some(Category::Fatal));
    assert!(subject.call(["a"], ()).result.is_ok());
}

#[test]
fn runs_may_be_made_from_several_threads() {
    let subject = subject();
    std::thread::scope(|scope| {
        for what in ["a", "b", "c"] {
            let subject = &subject;
            scope.spawn(move || assert_eq!(subject.call([what], ()).output()[1], what));
        }
    });
}

#[test]
fn a_helper_that_asserts_says_what_was_there_instead() {
    let said = |check: &(dyn Fn() + std::panic::RefUnwindSafe)| {
        let payload = std::panic::catch_unwind(check).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let failed = said(&|| drop(subject().call((), ()).output().clone()));
    assert!(failed.contains("missing required argument 'what'"), "{failed}");
    let returned = said(&|| drop(subject().call(["a"], ()).failure().clone()));
    assert!(returned.contains(r#"["small","a"]"#), "{returned}");
    let another = said(&|| drop(subject().call(["a"], ()).output_as::<String>()));
    assert!(another.contains("the result is of another type"), "{another}");
}
