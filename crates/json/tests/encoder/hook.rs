//! The hook for unsupported values.

use serde::Serialize;
use universal_worker_json::{BytesFormat, Encoder, Error, ErrorKind, Unsupported};

use crate::{Bytes, Key, map};

/// An encoder whose hook describes the unsupported value.
fn describing() -> Encoder {
    Encoder::compact().bytes(BytesFormat::Reject).allow_nan(false).default(
        |unsupported, replacement| match unsupported {
            Unsupported::Bytes(bytes) => replacement.write(&("bytes", bytes)),
            Unsupported::NonFinite(value) => replacement.write(&format!("float {value}")),
            Unsupported::Key(text) => replacement.write(&format!("key {text}")),
            unsupported => Err(unsupported.into()),
        },
    )
}

#[track_caller]
fn check<T: Serialize>(value: &T, expected: &str) {
    assert_eq!(describing().to_string(value).expect("the hook writes a replacement"), expected);
}

#[test]
fn the_hook_is_called_for_all_unsupported_values() {
    check(&(1, Bytes(b"\x01\x02")), r#"[1,["bytes",[1,2]]]"#);
    check(&[f64::NAN, 1.0, f64::NEG_INFINITY], r#"["float NaN",1.0,"float -inf"]"#);
    check(&f32::INFINITY, r#""float inf""#);
    let keys = [Key::Text("a"), Key::Tuple(1, 2), Key::Float(f64::NAN), Key::Bytes(b"\x03")];
    check(&map(keys), r#"{"a":0,"key [1,2]":1,"float NaN":2,"key [3]":3}"#);
}

#[test]
fn the_hook_is_not_called_for_values_that_options_write_or_omit() {
    let never =
        |encoder: Encoder| encoder.default(|_, _| Err(Error::custom("the hook was called")));
    let encoder = never(Encoder::compact().skipkeys(true));
    assert_eq!(encoder.to_string(&Bytes(b"\x01")).unwrap(), "[1]");
    assert_eq!(encoder.to_string(&f64::NAN).unwrap(), "null");
    assert_eq!(encoder.to_string(&map([Key::Tuple(1, 2)])).unwrap(), "{}");
}

#[test]
fn an_error_of_the_hook_is_returned() {
    let encoder = Encoder::python().default(|unsupported, _| match unsupported {
        Unsupported::Bytes(_) => Err(Error::custom("no bytes here")),
        unsupported => Err(unsupported.into()),
    });
    let error = encoder.to_string(&[Bytes(b"")]).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Custom, "$[0]: no bytes here")
    );
    let error = encoder.to_string(&map([Key::Tuple(1, 2)])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
}

#[test]
fn an_unsupported_replacement_ends_in_a_depth_error() {
    let encoder =
        Encoder::python().allow_nan(false).default(|unsupported, replacement| match unsupported {
            Unsupported::Bytes(_) => replacement.write(&Bytes(b"again")),
            Unsupported::Key(_) => replacement.write(&[0]),
            _ => replacement.write(&f64::NAN),
        });
    assert_eq!(encoder.to_string(&Bytes(b"")).unwrap_err().kind(), ErrorKind::Depth);
    assert_eq!(encoder.to_string(&f64::NAN).unwrap_err().kind(), ErrorKind::Depth);
    let tuple_key = map([Key::Tuple(1, 2)]);
    assert_eq!(encoder.to_string(&tuple_key).unwrap_err().kind(), ErrorKind::Depth);
}

#[test]
fn a_replacement_releases_its_level_of_depth() {
    let encoder = describing().check_circular(2);
    assert!(encoder.to_string(&[f64::NAN; 9]).is_ok());
}
