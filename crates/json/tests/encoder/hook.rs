//! What is written for what is refused.

use serde::Serialize;
use universal_worker_json::BytesForm;
use universal_worker_json::Encoder;
use universal_worker_json::Error;
use universal_worker_json::ErrorKind;
use universal_worker_json::Refused;

use crate::Bytes;
use crate::Key;
use crate::map;

/// Tells what it was asked about, whatever it is.
fn telling() -> Encoder {
    Encoder::compact().bytes(BytesForm::Refuse).allow_nan(false).default(|refused, answer| {
        match refused {
            Refused::Bytes(bytes) => answer.with(&("bytes", bytes)),
            Refused::NonFinite(value) => answer.with(&format!("float {value}")),
            Refused::Key(text) => answer.with(&format!("key {text}")),
            refused => Err(refused.into()),
        }
    })
}

#[track_caller]
fn check<T: Serialize>(value: &T, expected: &str) {
    assert_eq!(telling().to_string(value).expect("the hook answers"), expected);
}

#[test]
fn it_is_asked_about_all_that_is_refused() {
    check(&(1, Bytes(b"\x01\x02")), r#"[1,["bytes",[1,2]]]"#);
    check(&[f64::NAN, 1.0, f64::NEG_INFINITY], r#"["float NaN",1.0,"float -inf"]"#);
    check(&f32::INFINITY, r#""float inf""#);
    let keys = [Key::Text("a"), Key::Tuple(1, 2), Key::Float(f64::NAN), Key::Bytes(b"\x03")];
    check(&map(keys), r#"{"a":0,"key [1,2]":1,"float NaN":2,"key [3]":3}"#);
}

#[test]
fn it_is_not_asked_about_what_has_a_form_or_is_left_out() {
    let never = |encoder: Encoder| encoder.default(|_, _| Err(Error::custom("it was asked")));
    let encoder = never(Encoder::compact().skipkeys(true));
    assert_eq!(encoder.to_string(&Bytes(b"\x01")).unwrap(), "[1]");
    assert_eq!(encoder.to_string(&f64::NAN).unwrap(), "null");
    assert_eq!(encoder.to_string(&map([Key::Tuple(1, 2)])).unwrap(), "{}");
}

#[test]
fn its_error_is_the_error() {
    let encoder = Encoder::python().default(|refused, _| match refused {
        Refused::Bytes(_) => Err(Error::custom("no bytes here")),
        refused => Err(refused.into()),
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
fn an_answer_that_is_refused_again_comes_to_an_end() {
    let encoder = Encoder::python().allow_nan(false).default(|refused, answer| match refused {
        Refused::Bytes(_) => answer.with(&Bytes(b"again")),
        Refused::Key(_) => answer.with(&[0]),
        _ => answer.with(&f64::NAN),
    });
    assert_eq!(encoder.to_string(&Bytes(b"")).unwrap_err().kind(), ErrorKind::Depth);
    assert_eq!(encoder.to_string(&f64::NAN).unwrap_err().kind(), ErrorKind::Depth);
    let odd = map([Key::Tuple(1, 2)]);
    assert_eq!(encoder.to_string(&odd).unwrap_err().kind(), ErrorKind::Depth);
}

#[test]
fn a_level_of_depth_is_given_back() {
    let encoder = telling().check_circular(2);
    assert!(encoder.to_string(&[f64::NAN; 9]).is_ok());
}
