//! Paths of errors, and the state that an error leaves.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::{io, panic};

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use universal_worker_json::{Encoder, ErrorKind};

use crate::{Pairs, SplitPairs};

#[derive(Serialize)]
struct Transcript<T> {
    segments: Vec<T>,
}

#[derive(Serialize)]
enum Shape {
    Newtype(f64),
    Tuple(u8, f64),
    Struct { side: f64 },
}

#[track_caller]
fn check<T: Serialize>(value: &T, path: &str) {
    for encoder in [
        Encoder::compact(),
        Encoder::python(),
        Encoder::python().indent(2).separators("\"", "\"\""),
        Encoder::python().sort_keys(true),
    ] {
        let encoder = encoder.allow_nan(false);
        let error = encoder.to_string(value).expect_err("NaN is rejected");
        assert_eq!(error.path(), path, "{encoder:?}");
        assert_eq!(error.to_string(), format!("{path}: NaN is not JSON"));
        let error = encoder.to_writer(value, io::sink()).expect_err("NaN is rejected");
        assert_eq!(error.path(), path);
    }
}

#[test]
fn an_error_has_the_path_of_the_value() {
    let nan = f64::NAN;
    check(&nan, "$");
    check(&Transcript { segments: vec![vec![], vec![0.0, nan]] }, "$.segments[1][1]");
    check(&[(1, Some(nan))], "$[0][1]");
    check(&BTreeMap::from([("a b", nan)]), r#"$["a b"]"#);
    check(&SplitPairs(vec![("a", 0.0), ("a\"b", nan)]), r#"$["a\"b"]"#);
    check(&Pairs(vec![(1, [nan])]), r#"$["1"][0]"#);
    check(&SplitPairs(vec![(1, [0.0]), (2, [nan])]), r#"$["2"][0]"#);
    check(&Shape::Newtype(nan), "$.Newtype");
    check(&Shape::Tuple(0, nan), "$.Tuple[1]");
    check(&Shape::Struct { side: nan }, "$.Struct.side");
}

#[test]
fn a_path_is_known_after_the_text_was_flushed() {
    let long = vec!["x".repeat(100); 10_000];
    let value = SplitPairs(vec![("long", (long, f64::NAN))]);
    let error = Encoder::python().allow_nan(false).to_writer(&value, io::sink()).unwrap_err();
    assert_eq!(error.path(), "$.long[1]");
}

#[test]
fn an_error_leaves_the_buffer_unchanged() {
    let mut buffer = b"kept".to_vec();
    let value = (vec!["x"; 1000], f64::NAN);
    Encoder::python().allow_nan(false).encode_into(&value, &mut buffer).unwrap_err();
    assert_eq!(buffer, b"kept");
    Encoder::python().encode_into(&value.1, &mut buffer).unwrap();
    assert_eq!(buffer, b"keptNaN");
}

#[test]
fn a_panic_leaves_the_buffer_unchanged() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            panic::resume_unwind(Box::new("on purpose"))
        }
    }
    let mut buffer = b"kept".to_vec();
    let encode =
        panic::AssertUnwindSafe(|| Encoder::python().encode_into(&(1, Panics), &mut buffer));
    assert!(panic::catch_unwind(encode).is_err());
    assert_eq!(buffer, b"kept");
}

#[test]
fn an_ignored_error_still_fails_the_encoding() {
    struct IgnoresError;
    impl Serialize for IgnoresError {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            let _ = list.serialize_element(&f64::NAN);
            list.serialize_element(&1)?;
            list.end()
        }
    }
    let error = Encoder::python().allow_nan(false).to_string(&[IgnoresError]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Custom);
    assert!(error.to_string().contains("ignored an error"), "{error}");
}

#[test]
fn ignored_mixed_keys_still_fail_the_encoding() {
    struct IgnoresError;
    impl Serialize for IgnoresError {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            let mixed = Pairs(vec![(Some("a"), 0), (None, 1)]);
            let _ = list.serialize_element(&mixed);
            list.serialize_element(&Pairs(vec![("b", 0), ("a", 1)]))?;
            list.end()
        }
    }
    let value = Pairs(vec![("b", Pairs(vec![("d", IgnoresError), ("c", IgnoresError)]))]);
    let error = Encoder::python().sort_keys(true).to_string(&value).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn an_error_of_serialize_has_a_path() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("on purpose"))
        }
    }
    let error = Encoder::compact().to_string(&[Fails]).unwrap_err();
    assert_eq!(error.to_string(), "$[0]: on purpose");
    assert_eq!(error.kind(), ErrorKind::Custom);
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "$[0]: on purpose");
}

#[test]
fn a_failing_writer_is_an_io_error() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for length in [1, 100_000] {
        let error = Encoder::compact().to_writer(&vec![0; length], Full).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.source().is_some());
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
    }
}
