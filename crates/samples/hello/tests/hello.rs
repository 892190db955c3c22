//! The plugin without a worker, by the test kit.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use hello::Hello;
use serde_json::json;
use universal_worker_plugin::Category;
use universal_worker_plugin::testing::{Harness, Interface};

#[test]
fn it_greets_by_position_and_by_keyword() {
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
fn its_stream_is_the_one_greeting() {
    let hello = Harness::<Hello>::new(()).unwrap();
    assert_eq!(hello.stream(["world"], ()).emitted, ["Hello, world!"]);
}

#[test]
fn wrong_arguments_are_refused_in_pythons_words() {
    let hello = Harness::<Hello>::new(()).unwrap();
    let refuses = |args, kwargs, expected: &str| {
        let run = hello.call(args, kwargs);
        assert_eq!(run.failure().message(), expected);
        assert_eq!(run.failure().category(), Some(Category::UserInput));
    };
    refuses(json!([]), json!({}), "missing required argument 'name'");
    refuses(json!(["a", "b"]), json!({}), "takes 1 positional argument but 2 were given");
    refuses(json!(["a"]), json!({"name": "b"}), "got multiple values for argument 'name'");
    let unexpected = "unexpected keyword argument 'nam' (did you mean 'name'?)";
    refuses(json!([]), json!({"nam": "a"}), unexpected);
}

#[test]
fn a_wrong_config_names_its_field() {
    let failure = Harness::<Hello>::new(json!({"greeting": 1})).unwrap_err();
    assert!(failure.fields().contains_key("greeting"), "{failure}");
}

#[test]
fn its_schemas_hold() {
    let hello = Interface::<Hello>::new();
    assert_eq!(hello.positional().unwrap(), ["name"]);
    hello.assert_args(json!({"name": "world"}));
    hello.assert_config(json!({"greeting": "Moin"}));
}
