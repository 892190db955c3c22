//! Regression tests for bugs that trees found.

use universal_worker_json::{BytesFormat, Encoder, ErrorKind, Unsupported};

use crate::all::swallow::OnError;
use crate::all::tree::{Calls, Leaf, Number, Object, Sequence, Tree};

fn text(text: &str) -> Tree {
    Tree::Leaf(Leaf::Str(text.to_owned()))
}

fn one() -> Tree {
    Tree::Leaf(Leaf::Number(Number::U8(1)))
}

fn object(name: &'static str, value: Tree) -> Tree {
    Tree::Fields(Object::Struct, vec![(name, value)], OnError::Pass)
}

#[test]
fn mixed_keys_are_an_error_even_if_a_value_ignores_it() {
    let mixed = vec![(text("a"), one()), (one(), one())];
    let mixed = Tree::Map(Calls::Entries, mixed, OnError::Pass);
    let careless = Tree::Items(Sequence::Tuple, vec![mixed], OnError::Swallow);
    let tree = object("a", object("b", careless));
    let error = Encoder::python().sort_keys(true).to_string(&tree).expect_err("keys are mixed");
    // The error of the inner object was ignored, and the outer value has none of its own.
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn a_raw_value_that_is_not_a_string_is_an_error_even_if_a_value_ignores_it() {
    let token = "$serde_json::private::RawValue";
    let tree = Tree::Token(token, vec![one()], OnError::Swallow);
    let error = Encoder::python().to_string(&tree).expect_err("the token holds no string");
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn a_failing_display_of_a_key_is_an_error() {
    let shown = Tree::Leaf(Leaf::ShownBadly("a".to_owned()));
    let tree = Tree::Map(Calls::Entries, vec![(shown.clone(), one())], OnError::Pass);
    let error = Encoder::python().to_string(&tree).expect_err("the key cannot be shown");
    assert_eq!(error.kind(), ErrorKind::Custom);
    let tree = Tree::Token("$serde_json::private::RawValue", vec![shown], OnError::Pass);
    let error = Encoder::python().to_string(&tree).expect_err("the text cannot be shown");
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn a_replacement_is_indented_like_the_value_it_replaces() {
    let python = Encoder::python().indent(2).default(|_, replacement| replacement.write(&[1]));
    let text = python.to_string(&[Tree::Leaf(Leaf::Bytes(vec![0]))]);
    // json.dumps([b"\0"], indent=2, default=lambda _: [1])
    assert_eq!(text.expect("the hook writes a replacement"), "[\n  [\n    1\n  ]\n]");
}

#[test]
fn an_error_has_the_same_path_with_every_output_method() {
    let bytes = Tree::Leaf(Leaf::Bytes(vec![0]));
    let key = text("é");
    let python = Encoder::python();
    let paths = [Calls::Entries, Calls::KeysAndValues].map(|calls| {
        let members = vec![(key.clone(), bytes.clone())];
        let tree = Tree::Map(calls, members, OnError::Pass);
        let by_text = python.to_string(&tree).expect_err("bytes are refused");
        let by_writer = python.to_writer(&tree, Vec::new()).expect_err("bytes are refused");
        (by_text.path(), by_writer.path())
    });
    let expected = ("$.é".to_owned(), "$.é".to_owned());
    assert_eq!(paths, [expected.clone(), expected]);
}

#[test]
fn an_unsupported_key_from_the_hook_is_not_omitted() {
    let nan = Tree::Leaf(Leaf::Number(Number::F64(f64::NAN)));
    let tree = Tree::Map(Calls::Entries, vec![(nan, one())], OnError::Pass);
    let encoder = Encoder::python().allow_nan(false).skipkeys(true).bytes(BytesFormat::Array);
    let encoder = encoder.default(|unsupported, replacement| match unsupported {
        Unsupported::NonFinite(_) => replacement.write(&[1]),
        _ => Err(unsupported.into()),
    });
    let error = encoder.to_string(&tree).expect_err("the key that the hook chose is refused");
    assert_eq!(error.kind(), ErrorKind::Key);
}
