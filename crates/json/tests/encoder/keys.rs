//! Keys that are not strings, and the order of keys.

use serde::Serialize;
use universal_worker_json::{Encoder, ErrorKind, NonFinite};

use crate::{Key, Pairs, SplitPairs, map};

#[track_caller]
fn check(encoder: &Encoder, keys: impl IntoIterator<Item = Key>, expected: &str) {
    let map = map(keys);
    let text = encoder.to_string(&map).expect("the keys can be written");
    assert_eq!(text, expected);
    let text =
        encoder.to_string(&SplitPairs(map.0)).expect("the keys can be written in separate calls");
    assert_eq!(text, expected, "separate calls");
}

#[track_caller]
fn fails(encoder: &Encoder, keys: impl IntoIterator<Item = Key>, expected: ErrorKind) {
    let map = map(keys);
    let error = encoder.to_string(&map).expect_err("the keys are unsupported");
    assert_eq!(error.kind(), expected);
    let error = encoder
        .to_string(&SplitPairs(map.0))
        .expect_err("the keys are unsupported in separate calls");
    assert_eq!(error.kind(), expected);
}

#[test]
fn scalars_become_strings() {
    let keys = [
        Key::Text("a\n"),
        Key::Integer(-1),
        Key::Large(1 << 127),
        Key::Float(1e16),
        Key::Single(0.1),
        Key::Bool(true),
        Key::Null,
        Key::Float(f64::NAN),
    ];
    let expected = r#"{"a\n": 0, "-1": 1, "170141183460469231731687303715884105728": 2, "1e+16": 3, "0.1": 4, "true": 5, "null": 6, "NaN": 7}"#;
    check(&Encoder::python(), keys, expected);
}

#[test]
fn nan_and_infinite_keys_follow_allow_nan() {
    let infinity = || [Key::Float(f64::INFINITY)];
    check(&Encoder::python(), infinity(), r#"{"Infinity": 0}"#);
    check(&Encoder::python().allow_nan(NonFinite::Null), infinity(), r#"{"null": 0}"#);
    fails(&Encoder::python().allow_nan(false), infinity(), ErrorKind::NonFinite);
}

#[test]
fn unsupported_keys_are_an_error_or_omitted() {
    let keys = || [Key::Tuple(1, 2), Key::Text("a"), Key::Bytes(b"b"), Key::Text("c")];
    fails(&Encoder::python(), keys(), ErrorKind::Key);
    fails(&Encoder::compact(), keys(), ErrorKind::Key);
    let skipping = Encoder::python().skipkeys(true);
    check(&skipping, keys(), r#"{"a": 1, "c": 3}"#);
    check(&skipping.clone().indent(1), keys(), "{\n \"a\": 1,\n \"c\": 3\n}");
    check(&skipping.indent(1), [Key::Tuple(1, 2)], "{}");
    let error = Encoder::python().to_string(&[map([Key::Tuple(1, 2)])]).unwrap_err();
    let message = "keys must be strings, numbers, booleans or null, not [1,2]";
    assert_eq!(error.to_string(), format!("$[0]: {message}"));
}

#[test]
fn keys_are_sorted_before_their_conversion_to_strings() {
    let sorting = Encoder::compact().sort_keys(true).allow_nan(true);
    // As strings "10" would precede "9"; in UTF-16 "\u{ffff}" would follow "😀".
    let numbers = || [Key::Integer(10), Key::Float(9.5), Key::Integer(9), Key::Bool(true)];
    check(&sorting, numbers(), r#"{"true":3,"9":2,"9.5":1,"10":0}"#);
    let texts = || [Key::Text("😀"), Key::Text("\u{ffff}"), Key::Text("b"), Key::Text("")];
    check(&sorting, texts(), "{\"\":3,\"b\":2,\"\u{ffff}\":1,\"😀\":0}");
    let large = [Key::Float(1e300), Key::Large(u128::MAX), Key::Float(f64::NAN), Key::Integer(0)];
    let expected = r#"{"0":3,"340282366920938463463374607431768211455":1,"1e+300":0,"NaN":2}"#;
    check(&sorting, large, expected);
    check(&sorting, [Key::Null], r#"{"null":0}"#);
    check(&sorting.indent(1), [Key::Text("b"), Key::Text("a")], "{\n \"a\":1,\n \"b\":0\n}");
}

#[test]
fn keys_of_different_kinds_cannot_be_sorted() {
    let sorting = Encoder::python().sort_keys(true);
    for mix in [
        [Key::Text("1"), Key::Integer(1)],
        [Key::Null, Key::Text("")],
        [Key::Bool(false), Key::Null],
    ] {
        fails(&sorting, mix, ErrorKind::MixedKeys);
    }
    // Python compares keys before it omits one.
    let skipping = sorting.skipkeys(true);
    fails(&skipping, [Key::Text("a"), Key::Tuple(1, 2)], ErrorKind::MixedKeys);
    check(&skipping, [Key::Tuple(1, 2), Key::Tuple(0, 0)], "{}");
}

#[test]
fn members_of_every_level_are_sorted() {
    #[derive(Serialize)]
    enum Inner {
        B { z: u8, y: u8 },
    }
    let outer = Pairs(vec![
        ("c", Pairs(vec![("b", vec![Inner::B { z: 1, y: 2 }]), ("a", vec![])])),
        ("b", Pairs(vec![])),
    ]);
    let text = Encoder::compact().sort_keys(true).to_string(&outer).unwrap();
    assert_eq!(text, r#"{"b":{},"c":{"a":[],"b":[{"B":{"y":2,"z":1}}]}}"#);
}

#[test]
fn keys_and_values_must_alternate() {
    struct Unpaired(&'static str);
    impl Serialize for Unpaired {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(None)?;
            for step in self.0.chars() {
                match step {
                    'k' => map.serialize_key("key")?,
                    _ => map.serialize_value("value")?,
                }
            }
            map.end()
        }
    }
    for encoder in [Encoder::compact(), Encoder::python().sort_keys(true)] {
        assert!(encoder.to_string(&Unpaired("kvkv")).is_ok());
        for steps in ["kk", "v", "kvv", "kvk"] {
            let error = encoder.to_string(&Unpaired(steps)).unwrap_err();
            assert!(error.message().contains("without a"), "{steps}: {error}");
        }
    }
}
