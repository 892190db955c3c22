//! Tests of the plugin with the test kit, which needs no worker.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use hello::Hello;
use serde_json::json;
use universal_worker_plugin::Category;
use universal_worker_plugin::testing::{ClassSchema, Harness};

#[test]
fn greets_by_position_and_by_keyword() {
    let hello = Harness::<Hello>::new(json!({"greeting": "Moin"})).unwrap();
    assert_eq!(hello.call(["world"], ()).output(), "Moin, world!");
    assert_eq!(hello.call((), json!({"name": "world"})).output(), "Moin, world!");
}

#[test]
fn the_greeting_has_a_default() {
    let hello = Harness::<Hello>::new(()).unwrap();
    assert_eq!(hello.config(), json!({"greeting": "Hello"}));
    assert_eq!(hello.call(["world"], ()).output(), "Hello, world!");
}

#[test]
fn a_stream_has_one_greeting() {
    let hello = Harness::<Hello>::new(()).unwrap();
    assert_eq!(hello.stream(["world"], ()).emitted, ["Hello, world!"]);
}

#[test]
fn invalid_arguments_are_rejected_like_in_python() {
    let hello = Harness::<Hello>::new(()).unwrap();
    let assert_rejected = |args, kwargs, message: &str| {
        let run = hello.call(args, kwargs);
        assert_eq!(run.failure().message(), message);
        assert_eq!(run.failure().category(), Some(Category::UserInput));
    };
    assert_rejected(json!([]), json!({}), "missing required argument 'name'");
    assert_rejected(json!(["a", "b"]), json!({}), "takes 1 positional argument but 2 were given");
    let duplicate = "got multiple values for argument 'name'";
    assert_rejected(json!(["a"]), json!({"name": "b"}), duplicate);
    let unexpected = "unexpected keyword argument 'nam' (did you mean 'name'?)";
    assert_rejected(json!([]), json!({"nam": "a"}), unexpected);
}

#[test]
fn an_invalid_config_names_the_field() {
    let failure = Harness::<Hello>::new(json!({"greeting": 1})).unwrap_err();
    assert!(failure.fields().contains_key("greeting"), "{failure}");
}

#[test]
fn an_unknown_config_field_is_refused_with_the_nearest_known_one() {
    let failure = Harness::<Hello>::new(json!({"greting": "Moin"})).unwrap_err();
    let expected = "unexpected config field 'greting' (did you mean 'greeting'?)";
    assert!(failure.message().contains(expected), "{failure}");
}

#[test]
fn schemas_match_what_is_accepted() {
    let schema = ClassSchema::<Hello>::new();
    assert_eq!(schema.positional().unwrap(), ["name"]);
    schema.assert_args(json!({"name": "world"}));
    schema.assert_config(json!({"greeting": "Moin"}));
}
