//! Values deeper than a stack is: an error, and no crash, on the stack that a thread has by default.

use std::panic;
use std::thread;

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;
use serde::ser::SerializeSeq;
use serde::ser::SerializeStruct;
use serde::ser::SerializeStructVariant;
use serde::ser::SerializeTupleVariant;
use universal_worker_json::Encoder;
use universal_worker_json::ErrorKind;
use universal_worker_json::Refused;

/// So many values within each other.
#[derive(Debug, Clone, Copy)]
struct Nest {
    levels: usize,
    of: Of,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Sequences,
    Entries,
    Members,
    /// Each is the key of the one around it.
    Keys,
    Structs,
    NewtypeVariants,
    TupleVariants,
    StructVariants,
    /// Each is `Some`.
    Options,
}

impl Serialize for Nest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(levels) = self.levels.checked_sub(1) else { return serializer.serialize_unit() };
        let inner = &Self { levels, ..*self };
        match self.of {
            Of::Sequences => sequence(serializer, inner),
            Of::Entries => serializer.collect_map([("a", inner)]),
            Of::Members => members(serializer, inner),
            Of::Keys => serializer.collect_map([(inner, 1)]),
            Of::Structs => in_struct(serializer, inner),
            Of::NewtypeVariants => serializer.serialize_newtype_variant("E", 0, "a", inner),
            Of::TupleVariants => tuple_variant(serializer, inner),
            Of::StructVariants => struct_variant(serializer, inner),
            Of::Options => serializer.serialize_some(inner),
        }
    }
}

fn sequence<S: Serializer>(serializer: S, inner: &Nest) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(1))?;
    sequence.serialize_element(inner)?;
    sequence.end()
}

fn members<S: Serializer>(serializer: S, inner: &Nest) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_key("a")?;
    map.serialize_value(inner)?;
    map.end()
}

fn in_struct<S: Serializer>(serializer: S, inner: &Nest) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct("S", 1)?;
    object.serialize_field("a", inner)?;
    object.end()
}

fn tuple_variant<S: Serializer>(serializer: S, inner: &Nest) -> Result<S::Ok, S::Error> {
    let mut items = serializer.serialize_tuple_variant("E", 1, "a", 1)?;
    items.serialize_field(inner)?;
    items.end()
}

fn struct_variant<S: Serializer>(serializer: S, inner: &Nest) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct_variant("E", 2, "a", 1)?;
    object.serialize_field("a", inner)?;
    object.end()
}

/// Runs `test` on the stack that `std::thread` gives where it is told nothing.
fn on_default_stack(test: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, test);
        let thread = thread.expect("a thread can be started");
        thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
    });
}

fn encoders() -> [Encoder; 3] {
    let careful = Encoder::python().sort_keys(true).indent(1);
    [Encoder::compact(), Encoder::python(), careful]
}

/// Checks that `1000 / each` of them can be written, and no more.
#[track_caller]
fn check(of: Of, each: usize) {
    on_default_stack(|| {
        for encoder in encoders() {
            let most = 1000 / each;
            encoder.to_vec(&Nest { levels: most, of }).expect("it is not too deep");
            for levels in [most + 1, 100_000] {
                let error = encoder.to_vec(&Nest { levels, of }).expect_err("it is too deep");
                assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
                let error = encoder.to_writer(&Nest { levels, of }, Vec::new());
                assert_eq!(error.expect_err("it is too deep").kind(), ErrorKind::Depth);
            }
        }
    });
}

#[test]
fn arrays() {
    check(Of::Sequences, 1);
}

#[test]
fn objects() {
    check(Of::Entries, 1);
    check(Of::Members, 1);
    check(Of::Structs, 1);
}

#[test]
fn variants() {
    check(Of::NewtypeVariants, 1);
    check(Of::TupleVariants, 2);
    check(Of::StructVariants, 2);
}

#[test]
fn options_are_no_levels() {
    let text =
        Encoder::compact().check_circular(0).to_string(&Nest { levels: 1000, of: Of::Options });
    assert_eq!(text.expect("it is null"), "null");
}

#[test]
fn a_hook_that_answers_with_what_is_refused_again() {
    on_default_stack(|| {
        for encoder in encoders() {
            let encoder = encoder.allow_nan(false).default(|refused, answer| match refused {
                Refused::NonFinite(value) => answer.with(&[value]),
                _ => answer.with(&(1, 2)),
            });
            let error = encoder.to_vec(&f64::NAN).expect_err("there is no end");
            assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
            let error = encoder.to_vec(&Nest { levels: 2, of: Of::Keys }).expect_err("no end");
            assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
        }
    });
}

#[test]
fn keys_within_keys() {
    on_default_stack(|| {
        for encoder in encoders() {
            let error = encoder.to_vec(&Nest { levels: 100_000, of: Of::Keys });
            error.expect_err("an object is no key");
        }
    });
}
