use std::path::PathBuf;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Args {
    #[serde(alias = "txt")]
    text: String,
    #[serde(default)]
    repeat: u8,
    path: Option<PathBuf>,
    #[serde(default, rename = "in")]
    segments: Vec<Segment>,
    mode: Option<Mode>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Segment {
    start: f64,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Exact,
}

fn bound(body: &str) -> Result<Args, BindError> {
    call(body.as_bytes(), &Binding::of::<Args>())
}

#[test]
fn positional_order_is_field_order_without_aliases() {
    let expected: &[&str] = &["text", "repeat", "path", "in", "mode"];
    assert_eq!(Binding::of::<Args>().positional(), Some(expected));
    assert_eq!(Binding::of::<RawArgs>(), Binding::Raw);
    assert_eq!(Binding::of::<std::collections::BTreeMap<String, Value>>(), Binding::Keywords);
}

#[test]
fn arguments_bind_by_position_and_by_name() {
    let args = |text: &str, repeat| Args {
        text: text.to_owned(),
        repeat,
        path: None,
        segments: Vec::new(),
        mode: None,
    };
    for (body, expected) in [
        (r#"{"args":["a"]}"#, args("a", 0)),
        (r#"{"args":["a",2]}"#, args("a", 2)),
        (r#"{"args":["a"],"kwargs":{"repeat":2}}"#, args("a", 2)),
        (r#"{"kwargs":{"repeat":2,"text":"a"},"envelope":{"job":1}}"#, args("a", 2)),
        (r#"{"kwargs":{"txt":"a"}}"#, args("a", 0)),
        (r#"{"kwargs":{"text":"a","text":"b"}}"#, args("b", 0)),
        (r#"{"args":["x"],"args":["a"]}"#, args("a", 0)),
        (r#"{"kwargs":{"text":"a","path":null}}"#, args("a", 0)),
        (r#"{"kwargs":{"te\u0078t":"\u0061"}}"#, args("a", 0)),
        (r#"{"args":null,"kwargs":{"text":"a"}}"#, args("a", 0)),
        (r#"{"args":["a"],"kwargs":null}"#, args("a", 0)),
        (r#"{"args":["x"],"args":null,"kwargs":{"text":"a"}}"#, args("a", 0)),
    ] {
        assert_eq!(bound(body).unwrap(), expected, "{body}");
    }
}

#[test]
fn mismatches_are_explained_in_terms_of_json() {
    for (body, message) in [
        ("{}", "missing required argument 'text'"),
        (r#"{"kwargs":{"tex":"a"}}"#, "unexpected keyword argument 'tex' (did you mean 'text'?)"),
        (r#"{"kwargs":{"volume":"a"}}"#, "unexpected keyword argument 'volume'"),
        (r#"{"args":["a"],"kwargs":{"text":"b"}}"#, "got multiple values for argument 'text'"),
        (r#"{"args":["a"],"kwargs":{"txt":"b"}}"#, "got multiple values for argument 'text'"),
        (r#"{"args":["a",1,"p",[],"fast",6]}"#, "takes 5 positional arguments but 6 were given"),
        (r#"{"args":["a","x"]}"#, "argument 'repeat': expected integer, got string \"x\""),
        (r#"{"args":["a",300]}"#, "argument 'repeat': integer 300 is out of range"),
        (r#"{"args":["a",-1]}"#, "argument 'repeat': integer -1 is out of range"),
        (r#"{"args":["a",1.5]}"#, "argument 'repeat': expected integer, got number 1.5"),
        (r#"{"args":[null]}"#, "argument 'text': expected string, got null"),
        (
            r#"{"args":["a"],"kwargs":{"in":[{"start":1},{"start":"x"}]}}"#,
            "argument 'in[1].start': expected number, got string \"x\"",
        ),
        (r#"{"args":["a"],"kwargs":{"in":[{}]}}"#, "argument 'in[0]': missing field 'start'"),
        (
            r#"{"args":["a"],"kwargs":{"mode":"slow"}}"#,
            "argument 'mode': unknown value 'slow', expected 'fast' or 'exact'",
        ),
        (
            r#"{"args":["a"],"kwargs":{"mode":"surrogate"}}"#,
            "argument 'mode': unknown value 'surrogate', expected 'fast' or 'exact'",
        ),
        (
            r#"{"args":["a"],"kwargs":{"mode":5}}"#,
            "argument 'mode': expected a string, or an object with one key",
        ),
        (
            r#"{"args":["a"],"kwargs":{"in":[{"start":1e400}]}}"#,
            "argument 'in[0].start': the number is out of range",
        ),
        (r#"{"args":["a","it's"]}"#, "argument 'repeat': expected integer, got string \"it's\""),
    ] {
        match bound(body) {
            Err(BindError::Arguments { message: actual, .. }) => {
                assert_eq!(actual, message, "{body}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn a_body_of_the_wrong_shape_is_named_by_its_kind() {
    for (body, expected) in [
        ("[]", "the body must be a JSON object, not an array"),
        ("1", "the body must be a JSON object, not a number"),
        (r#"{"args":{"a":1}}"#, "args must be an array, not an object"),
        (r#"{"kwargs":[1]}"#, "kwargs must be an object, not an array"),
        (r#"{"args":null,"kwargs":[1]}"#, "kwargs must be an object, not an array"),
        (r#"{"kwargs":null,"args":"x"}"#, "args must be an array, not a string"),
        ("null", "the body must be a JSON object, not null"),
    ] {
        match bound(body) {
            Err(BindError::Shape { message }) => assert_eq!(message, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn a_syntax_error_names_its_position() {
    let deep = format!("{{\"args\":{}", "[".repeat(200_000));
    for (body, expected) in [
        ("{nope", "line 1 column 2"),
        ("{\"args\":[1,\n}", "line 2 column 1"),
        (r#"{"kwargs":{"text":NaN}}"#, "line 1 column 19"),
        (r#"{"kwargs":{"text":"\ud800"}}"#, "unpaired surrogate"),
        ("[1,", "line 1 column 3"),
        (&deep, "deeper than 128 at line 1 column 136"),
    ] {
        match bound(body) {
            Err(BindError::Syntax { message }) => {
                assert!(message.contains(expected), "{body:.40}: {message}");
            }
            other => panic!("{body:.40}: {other:?}"),
        }
    }
    assert!(matches!(
        call::<Args>(b"{\"args\":[\"\xff\"]}", &Binding::of::<Args>()),
        Err(BindError::Syntax { .. })
    ));
}

#[test]
fn raw_arguments_keep_their_exact_text() {
    let body = br#"{"args":[1.10,1e400],"kwargs":{"a":1,"b":"\ud800","a":2}}"#;
    let raw: RawArgs = call(body, &Binding::Raw).unwrap();
    let args: Vec<&str> = raw.args.iter().map(|value| value.get()).collect();
    let kwargs: Vec<_> = raw.kwargs.iter().map(|(name, value)| (&**name, value.get())).collect();
    assert_eq!(args, ["1.10", "1e400"]);
    assert_eq!(kwargs, [("a", "2"), ("b", r#""\ud800""#)]);
    assert_eq!(raw.keyword("a").unwrap().get(), "2");
}

#[test]
fn a_map_takes_keywords_only() {
    type Map = std::collections::BTreeMap<String, i32>;
    let binding = Binding::of::<Map>();
    let map: Map = call(br#"{"kwargs":{"a":1,"b":2}}"#, &binding).unwrap();
    assert_eq!(map.len(), 2);
    assert!(matches!(
        call::<Map>(br#"{"args":[1]}"#, &binding),
        Err(BindError::Arguments { message, .. }) if message.contains("by keyword")
    ));
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only deserialization is tested")]
struct Config {
    #[serde(default)]
    threshold: f64,
    #[serde(default)]
    nested: Option<Segment>,
}

#[test]
fn a_config_error_names_the_field() {
    for (body, expected) in [
        (r#"{"threshold":"x"}"#, "config field 'threshold': expected number, got string \"x\""),
        (
            r#"{"nested":{"start":"x"}}"#,
            "config field 'nested.start': expected number, got string \"x\"",
        ),
        ("[]", "the config must be a JSON object, not an array"),
        (r#"{"nested":{}}"#, "config field 'nested': missing field 'start'"),
        (r#"{"threshold":1,"threshold":2}"#, "got multiple values for config field 'threshold'"),
        ("null", "the config must be a JSON object, not null"),
        ("{nope", "the body is not JSON: key must be a string at line 1 column 2"),
    ] {
        let message = match config::<Config>(body.as_bytes()).unwrap_err() {
            BindError::Syntax { message }
            | BindError::Shape { message }
            | BindError::Arguments { message, .. } => message,
        };
        assert_eq!(message, expected, "{body}");
    }
    assert!(config::<Config>(b"{\"unknown\":1}").is_ok());
}

#[test]
fn many_or_long_names_cost_time_in_proportion() {
    // Comparing each name with all others would take minutes.
    let names: Vec<String> = (0..200_000).map(|name| format!("\"k{name}\":1")).collect();
    let body = format!("{{\"kwargs\":{{{},\"k0\":2}}}}", names.join(","));
    type Map = std::collections::BTreeMap<String, i32>;
    let map: Map = call(body.as_bytes(), &Binding::Keywords).unwrap();
    assert_eq!((map.len(), map["k0"]), (200_000, 2));

    let long = "k".repeat(16 << 20);
    for body in [
        format!("{{\"kwargs\":{{\"{long}\":1}}}}"),
        format!("{{\"args\":[\"a\",\"{long}\"]}}"),
        format!("{{\"args\":[\"a\"],\"kwargs\":{{\"mode\":\"{long}\"}}}}"),
    ] {
        match bound(&body) {
            Err(BindError::Arguments { message, .. }) => assert!(message.len() < 300, "{message}"),
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only deserialization is tested")]
struct Strict {
    model: String,
}

#[test]
fn a_missing_or_unknown_config_field_is_named() {
    for (body, expected, named) in [
        ("{}", "missing required config field 'model'", "model"),
        (
            r#"{"model":"a","modl":"b"}"#,
            "unexpected config field 'modl' (did you mean 'model'?)",
            "modl",
        ),
        (r#"{"model":1}"#, "config field 'model': expected string, got integer 1", "model"),
    ] {
        match config::<Strict>(body.as_bytes()) {
            Err(BindError::Arguments { message, field }) => {
                assert_eq!((message.as_str(), field.as_deref()), (expected, Some(named)), "{body}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    File { path: String },
}

#[test]
fn an_enum_binds_by_the_name_of_a_variant() {
    let call = |body: &str| call::<Source>(body.as_bytes(), &Binding::Keywords);
    let file = call(r#"{"kwargs":{"file":{"path":"a"}}}"#).unwrap();
    assert_eq!(file, Source::File { path: "a".to_owned() });
    let BindError::Arguments { message, .. } = call(r#"{"kwargs":{"url":1}}"#).unwrap_err() else {
        panic!("an unknown variant was accepted");
    };
    assert_eq!(message, "unknown value 'url', expected 'file'");
}

/// Calls that are almost right.
fn calls() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["text", "txt", "te\\u0078t", "repeat", "in", "mode", "x"]);
    let value =
        prop::sample::select(vec!["\"a\"", "1", "null", "[]", "[{\"start\":1}]", "\"fast\""]);
    let kwargs = prop::collection::vec((name, value), 0..4).prop_map(|members| {
        let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("\"kwargs\":{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let other =
        prop::sample::select(vec!["\"args\":[]", "\"args\":null", "\"args\":[\"a\"]", "\"x\":[1]"]);
    let member = prop_oneof![kwargs, other.prop_map(str::to_owned)];
    prop::collection::vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(",")))
}

#[test]
fn common_calls_are_bound_directly() {
    let Binding::Fields { names, .. } = Binding::of::<Args>() else { panic!("a struct") };
    for (body, is_direct) in [
        (r#"{"kwargs":{"text":"a","repeat":2}}"#, true),
        (r#"{"args":[],"kwargs":{"text":"a"},"envelope":[1]}"#, true),
        (r#"{"args":["a"],"kwargs":{}}"#, false),
        (r#"{"kwargs":{"text":"a","text":"b"}}"#, false),
        (r#"{"kwargs":{"text":"a"}} 1"#, false),
    ] {
        assert_eq!(direct::call::<Args>(body, names).is_some(), is_direct, "{body}");
    }
}

proptest! {
    #[test]
    fn a_call_that_is_bound_directly_is_bound_alike(body in calls()) {
        let binding = Binding::of::<Args>();
        let Binding::Fields { names, .. } = &binding else { panic!("a struct") };
        if let Some(args) = direct::call::<Args>(&body, names) {
            prop_assert_eq!(args, call_in_pieces(&body, &binding).unwrap());
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = call::<Args>(&body, &Binding::of::<Args>());
        let _ = config::<Config>(&body);
    }

    #[test]
    fn malformed_calls_do_not_panic(body in r#"[\{\}\[\]",:a-c\\0-9.e "argskwt-]{0,80}"#) {
        let binding = Binding::of::<Args>();
        let _ = call::<Args>(body.as_bytes(), &binding);
        let _ = call::<RawArgs>(body.as_bytes(), &Binding::Raw);
    }

    #[test]
    fn bound_values_equal_those_of_serde_json(text in any::<String>(), repeat in any::<u8>()) {
        let body = serde_json::json!({"args": [text], "kwargs": {"repeat": repeat}}).to_string();
        let args = bound(&body).unwrap();
        prop_assert_eq!((args.text, args.repeat), (text, repeat));
    }
}
