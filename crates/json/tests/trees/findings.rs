//! What trees found, each by itself.

use universal_worker_json::BytesForm;
use universal_worker_json::Encoder;
use universal_worker_json::ErrorKind;
use universal_worker_json::Refused;

use crate::all::swallow::OnError;
use crate::all::tree::Calls;
use crate::all::tree::Leaf;
use crate::all::tree::Number;
use crate::all::tree::Object;
use crate::all::tree::Sequence;
use crate::all::tree::Tree;

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
fn keys_of_two_kinds_that_a_value_passes_over_are_an_error() {
    let mixed = vec![(text("a"), one()), (one(), one())];
    let mixed = Tree::Map(Calls::Entries, mixed, OnError::Pass);
    let careless = Tree::Items(Sequence::Tuple, vec![mixed], OnError::Swallow);
    let tree = object("a", object("b", careless));
    let error = Encoder::python().sort_keys(true).to_string(&tree).expect_err("keys are mixed");
    // That of the object within was passed over, and there is none of its own.
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn a_raw_value_that_is_no_text_is_an_error_though_it_is_passed_over() {
    let token = "$serde_json::private::RawValue";
    let tree = Tree::Token(token, vec![one()], OnError::Swallow);
    let error = Encoder::python().to_string(&tree).expect_err("there is no text");
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn a_display_that_fails_is_an_error_of_a_key_too() {
    let shown = Tree::Leaf(Leaf::ShownBadly("a".to_owned()));
    let tree = Tree::Map(Calls::Entries, vec![(shown.clone(), one())], OnError::Pass);
    let error = Encoder::python().to_string(&tree).expect_err("the key cannot be shown");
    assert_eq!(error.kind(), ErrorKind::Custom);
    let tree = Tree::Token("$serde_json::private::RawValue", vec![shown], OnError::Pass);
    let error = Encoder::python().to_string(&tree).expect_err("the text cannot be shown");
    assert_eq!(error.kind(), ErrorKind::Custom);
}

#[test]
fn an_answer_of_the_hook_stands_as_deep_as_what_was_refused() {
    let python = Encoder::python().indent(2).default(|_, answer| answer.with(&[1]));
    let text = python.to_string(&[Tree::Leaf(Leaf::Bytes(vec![0]))]);
    // json.dumps([b"\0"], indent=2, default=lambda _: [1])
    assert_eq!(text.expect("the hook answers"), "[\n  [\n    1\n  ]\n]");
}

#[test]
fn an_error_has_the_same_path_by_all_ways() {
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
fn an_odd_key_that_the_hook_chose_is_not_left_out() {
    let nan = Tree::Leaf(Leaf::Number(Number::F64(f64::NAN)));
    let tree = Tree::Map(Calls::Entries, vec![(nan, one())], OnError::Pass);
    let encoder = Encoder::python().allow_nan(false).skipkeys(true).bytes(BytesForm::Array);
    let encoder = encoder.default(|refused, answer| match refused {
        Refused::NonFinite(_) => answer.with(&[1]),
        _ => Err(refused.into()),
    });
    let error = encoder.to_string(&tree).expect_err("the key that the hook chose is refused");
    assert_eq!(error.kind(), ErrorKind::Key);
}
