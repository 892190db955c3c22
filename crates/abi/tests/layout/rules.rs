//! Tests each rule of [`compare`](crate::compare) with a small example.

use crate::compare::{added, broken};
use crate::text::{read, write};

const GOLDEN: &str = "\
growing Root: 2
    open: fn(RStr) -> u8
    close: fn()
    extension: fn(RStr)

plain Fault: size 8, alignment 4
    kind: u32
    code: u32

numbers Level: by number
    Low: 0
    High: 1
    what is above: High
";

/// Replaces a part of the example; returns the incompatible changes and the additions.
fn change(from: &str, to: &str) -> (Vec<String>, Vec<String>) {
    assert_eq!(GOLDEN.matches(from).count(), 1, "'{from}' must occur once");
    let (golden, now) = (read(GOLDEN), read(&GOLDEN.replace(from, to)));
    (broken(&golden, &now), added(&golden, &now))
}

#[track_caller]
fn breaks(from: &str, to: &str, expected: &[&str]) {
    let (broken, _) = change(from, to);
    assert_eq!(broken.len(), expected.len(), "{broken:?}");
    for (broken, expected) in broken.iter().zip(expected) {
        assert!(broken.contains(expected), "'{broken}' does not contain '{expected}'");
    }
}

#[track_caller]
fn grows(from: &str, to: &str, by: &str) {
    assert_eq!(change(from, to), (Vec::new(), vec![by.to_owned()]));
}

#[test]
fn text_round_trips() {
    assert_eq!(write(&read(GOLDEN)), GOLDEN);
}

#[test]
fn the_same_interface_is_compatible() {
    assert_eq!(change("Root", "Root"), (Vec::new(), Vec::new()));
}

#[test]
fn a_method_cannot_be_removed() {
    breaks("    close: fn()\n", "", &["Root::close was removed"]);
    breaks("    extension: fn(RStr)\n", "", &["Root::extension was removed"]);
}

#[test]
fn a_method_cannot_be_renamed() {
    let expected = ["Root::close was removed", "Root::shut was added in the middle"];
    breaks("close", "shut", &expected);
}

#[test]
fn a_method_cannot_be_moved() {
    let (before, after) = (
        "    open: fn(RStr) -> u8\n    close: fn()\n",
        "    close: fn()\n    open: fn(RStr) -> u8\n",
    );
    breaks(before, after, &["Root::open moved: close", "Root::close moved: open"]);
}

#[test]
fn a_signature_cannot_change() {
    breaks("-> u8", "-> u16", &["the signature of Root::open changed: it was fn(RStr) -> u8, and"]);
    breaks("fn()", "fn() with '_", &["the signature of Root::close changed"]);
}

#[test]
fn a_method_can_be_added_only_at_the_end() {
    let middle = "Root::stat was added in the middle: add it at the end";
    breaks("    close", "    stat: fn()\n    close", &[middle]);
    breaks("    open", "    stat: fn()\n    open", &[middle]);
    grows("fn(RStr)\n\n", "fn(RStr)\n    stat: fn()\n\n", "Root::stat");
}

#[test]
fn the_number_of_prefix_fields_cannot_change() {
    breaks(
        "Root: 2",
        "Root: 3",
        &["the number of prefix fields of Root changed: it was 2, and is 3"],
    );
}

#[test]
fn a_plain_struct_cannot_change() {
    let expected = ["Fault is a plain struct and changed: use its JSON field for additions"];
    breaks("    code: u32\n", "    code: u32\n    more: u32\n", &expected);
    breaks("code: u32", "code: i32", &expected);
    breaks("size 8", "size 12", &expected);
    breaks("    code: u32\n", "", &expected);
}

#[test]
fn a_number_cannot_change_its_meaning() {
    breaks("High: 1", "High: 2", &["Level::High was 1, and is 2 now"]);
    breaks("    Low: 0\n", "", &["Level::Low was removed"]);
    breaks("above: High", "above: Low", &["Level::what is above was High, and is Low now"]);
    grows("    High: 1\n", "    High: 1\n    Highest: 2\n", "Level::Highest");
}

#[test]
fn a_type_cannot_be_removed_or_change_its_kind() {
    breaks("plain Fault", "plain Error", &["Fault was removed"]);
    breaks("growing Root", "plain Root", &["Root was growing, and is plain now"]);
    grows("plain Fault", "plain Other: size 1, alignment 1\n\nplain Fault", "Other");
}
