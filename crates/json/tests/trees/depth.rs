//! Values that are too deep are an error, not a stack overflow, on a thread's default stack.

use std::{panic, thread};

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use universal_worker_json::{Encoder, ErrorKind, Unsupported};

/// `levels` values nested in each other.
#[derive(Debug, Clone, Copy)]
struct Nest {
    levels: usize,
    kind: NestKind,
}

#[derive(Debug, Clone, Copy)]
enum NestKind {
    Sequences,
    Entries,
    Members,
    /// Each is a key of the enclosing one.
    Keys,
    Structs,
    NewtypeVariants,
    TupleVariants,
    StructVariants,
    /// Each is `Some` of the next.
    Options,
}

impl Serialize for Nest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(levels) = self.levels.checked_sub(1) else { return serializer.serialize_unit() };
        let inner = &Self { levels, ..*self };
        match self.kind {
            NestKind::Sequences => sequence(serializer, inner),
            NestKind::Entries => serializer.collect_map([("a", inner)]),
            NestKind::Members => members(serializer, inner),
            NestKind::Keys => serializer.collect_map([(inner, 1)]),
            NestKind::Structs => in_struct(serializer, inner),
            NestKind::NewtypeVariants => serializer.serialize_newtype_variant("E", 0, "a", inner),
            NestKind::TupleVariants => tuple_variant(serializer, inner),
            NestKind::StructVariants => struct_variant(serializer, inner),
            NestKind::Options => serializer.serialize_some(inner),
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

/// Runs `test` on a stack of the default size of `std::thread`.
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

/// Checks that a nest of `1000 / each` can be written, and no deeper one.
#[track_caller]
fn check(kind: NestKind, each: usize) {
    on_default_stack(|| {
        for encoder in encoders() {
            let limit = 1000 / each;
            encoder.to_vec(&Nest { levels: limit, kind }).expect("it is not too deep");
            for levels in [limit + 1, 100_000] {
                let error = encoder.to_vec(&Nest { levels, kind }).expect_err("it is too deep");
                assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
                let error = encoder.to_writer(&Nest { levels, kind }, Vec::new());
                assert_eq!(error.expect_err("it is too deep").kind(), ErrorKind::Depth);
            }
        }
    });
}

#[test]
fn nested_arrays_are_limited() {
    check(NestKind::Sequences, 1);
}

#[test]
fn nested_objects_are_limited() {
    check(NestKind::Entries, 1);
    check(NestKind::Members, 1);
    check(NestKind::Structs, 1);
}

#[test]
fn nested_variants_are_limited() {
    check(NestKind::NewtypeVariants, 1);
    check(NestKind::TupleVariants, 2);
    check(NestKind::StructVariants, 2);
}

#[test]
fn nested_options_are_no_levels() {
    let text = Encoder::compact()
        .check_circular(0)
        .to_string(&Nest { levels: 1000, kind: NestKind::Options });
    assert_eq!(text.expect("it is null"), "null");
}

#[test]
fn a_hook_with_unsupported_replacements_ends_in_a_depth_error() {
    on_default_stack(|| {
        for encoder in encoders() {
            let encoder =
                encoder.allow_nan(false).default(|unsupported, replacement| match unsupported {
                    Unsupported::NonFinite(value) => replacement.write(&[value]),
                    _ => replacement.write(&(1, 2)),
                });
            let error = encoder.to_vec(&f64::NAN).expect_err("there is no end");
            assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
            let error =
                encoder.to_vec(&Nest { levels: 2, kind: NestKind::Keys }).expect_err("no end");
            assert_eq!(error.kind(), ErrorKind::Depth, "{error}");
        }
    });
}

#[test]
fn nested_keys_are_limited() {
    on_default_stack(|| {
        for encoder in encoders() {
            let error = encoder.to_vec(&Nest { levels: 100_000, kind: NestKind::Keys });
            error.expect_err("an object is not a key");
        }
    });
}
