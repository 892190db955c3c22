#![allow(clippy::disallowed_methods, reason = "compares with what serde_json writes")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(f64),
    Tuple(i32, i32),
    Struct { side: f64 },
}

#[test]
fn python_floats_have_the_form_of_repr() {
    // The expected texts are the output of CPython 3.11.
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (100.0, "100.0"),
        (123_456_789.125, "123456789.125"),
        (1e15, "1000000000000000.0"),
        (9_999_999_999_999_998.0, "9999999999999998.0"),
        (1e16, "1e+16"),
        (1.5e22, "1.5e+22"),
        (1e-4, "0.0001"),
        (1.25e-4, "0.000125"),
        (1e-5, "1e-05"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(Encoder::python().to_string(&value).unwrap(), text);
    }
    assert_eq!(Encoder::python().to_string(&0.1_f32).unwrap(), "0.1");
}

#[test]
fn python_escapes_non_ascii() {
    for (value, text) in [
        ("é", r#""\u00e9""#),
        ("😀", r#""\ud83d\ude00""#),
        ("\u{7f}\u{0}\u{1f}", r#""\u007f\u0000\u001f""#),
        ("\"\\/\u{8}\u{c}\n\r\t", r#""\"\\/\b\f\n\r\t""#),
        ("a\né", r#""a\n\u00e9""#),
    ] {
        assert_eq!(Encoder::python().to_string(value).unwrap(), text);
    }
}

#[test]
fn indent_follows_python() {
    // json.dumps({"a": [1, {}], "b": []}, indent=2)
    let value = json!({"a": [1, {}], "b": []});
    let text = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
    assert_eq!(Encoder::python().indent("  ").to_string(&value).unwrap(), text);
    // json.dumps([1, 2], indent=0)
    assert_eq!(Encoder::python().indent("").to_string(&[1, 2]).unwrap(), "[\n1,\n2\n]");
}

#[test]
fn enums_have_the_forms_of_serde_json() {
    let shapes =
        [Shape::Unit, Shape::Newtype(1.5), Shape::Tuple(1, 2), Shape::Struct { side: 2.0 }];
    let expected = r#"["Unit",{"Newtype":1.5},{"Tuple":[1,2]},{"Struct":{"side":2.0}}]"#;
    assert_eq!(Encoder::compact().to_string(&shapes).unwrap(), expected);
    assert_eq!(serde_json::to_string(&shapes).unwrap(), expected);
}

#[test]
fn keys_become_strings() {
    assert_eq!(Encoder::compact().to_string(&BTreeMap::from([(1, 2)])).unwrap(), r#"{"1":2}"#);
    assert_eq!(
        Encoder::compact().to_string(&BTreeMap::from([(true, ())])).unwrap(),
        r#"{"true":null}"#
    );
    assert_eq!(
        Encoder::compact().to_string(&BTreeMap::from([(None::<u8>, 1)])).unwrap(),
        r#"{"null":1}"#
    );
    let error = Encoder::compact().to_string(&BTreeMap::from([([1], 2)])).unwrap_err();
    assert!(error.to_string().contains("keys must be"), "{error}");
}

#[test]
fn raw_values_and_large_integers_are_written_verbatim() {
    let raw = RawValue::from_string("[1.10, 1e400]".to_owned()).unwrap();
    assert_eq!(
        Encoder::compact().to_string(&(raw, 1_u128 << 100)).unwrap(),
        "[[1.10, 1e400],1267650600228229401496703205376]"
    );
}

#[test]
fn an_error_has_a_path_and_leaves_the_buffer_unchanged() {
    #[derive(Serialize)]
    struct Outer {
        shapes: BTreeMap<&'static str, Vec<Shape>>,
    }
    let value = Outer {
        shapes: BTreeMap::from([("a b", vec![Shape::Unit, Shape::Struct { side: f64::INFINITY }])]),
    };
    let encoder = Encoder::compact().allow_nan(false);
    let mut buffer = b"kept".to_vec();
    let error = encoder.encode_into(&value, &mut buffer).unwrap_err();
    assert_eq!(error.to_string(), r#"$.shapes["a b"][1].Struct.side: Infinity is not JSON"#);
    assert_eq!(buffer, b"kept");
}

#[test]
fn too_deep_a_value_is_an_error() {
    let mut value = Value::Null;
    for _ in 0..1001 {
        value = Value::Array(vec![value]);
    }
    let error = Encoder::compact().to_string(&value).unwrap_err();
    assert!(error.to_string().ends_with("nested more than 1000 deep"));
    assert!(Encoder::compact().check_circular(1001).to_string(&value).is_ok());
}

fn any_value(leaves: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    leaves.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Leaves other than floats.
fn exact() -> BoxedStrategy<Value> {
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaves.boxed()
}

fn with_floats() -> BoxedStrategy<Value> {
    prop_oneof![exact(), any::<f64>().prop_map(Value::from)].boxed()
}

proptest! {
    #[test]
    fn text_parses_to_the_encoded_value(value in any_value(with_floats())) {
        let encoders = [
            Encoder::compact(),
            Encoder::python(),
            Encoder::python().indent("\t"),
            Encoder::compact().sort_keys(true),
        ];
        for encoder in encoders {
            let text = encoder.to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value.clone());
        }
    }

    #[test]
    fn compact_text_without_floats_equals_serde_json(value in any_value(exact())) {
        let ours = Encoder::compact().to_string(&value).unwrap();
        prop_assert_eq!(ours, serde_json::to_string(&value).unwrap());
    }
}
