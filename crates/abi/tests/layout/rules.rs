//! Each rule of [`compare`](crate::compare), broken once by an interface that is made up.

use crate::compare::added;
use crate::compare::broken;
use crate::text::read;
use crate::text::write;

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

/// What becomes of the made-up interface when a part of its text becomes another.
fn change(from: &str, to: &str) -> (Vec<String>, Vec<String>) {
    assert_eq!(GOLDEN.matches(from).count(), 1, "'{from}' stands there once");
    let (golden, now) = (read(GOLDEN), read(&GOLDEN.replace(from, to)));
    (broken(&golden, &now), added(&golden, &now))
}

#[track_caller]
fn breaks(from: &str, to: &str, told: &[&str]) {
    let (broken, _) = change(from, to);
    assert_eq!(broken.len(), told.len(), "{broken:?}");
    for (broken, told) in broken.iter().zip(told) {
        assert!(broken.contains(told), "'{broken}' does not tell '{told}'");
    }
}

#[track_caller]
fn grows(from: &str, to: &str, by: &str) {
    assert_eq!(change(from, to), (Vec::new(), vec![by.to_owned()]));
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(write(&read(GOLDEN)), GOLDEN);
}

#[test]
fn the_same_interface_breaks_nothing() {
    assert_eq!(change("Root", "Root"), (Vec::new(), Vec::new()));
}

#[test]
fn a_method_stays() {
    breaks("    close: fn()\n", "", &["Root::close was removed"]);
    breaks("    extension: fn(RStr)\n", "", &["Root::extension was removed"]);
}

#[test]
fn a_method_keeps_its_name() {
    let told = ["Root::close was removed", "Root::shut was added in the middle"];
    breaks("close", "shut", &told);
}

#[test]
fn a_method_stays_in_its_place() {
    let (before, after) = (
        "    open: fn(RStr) -> u8\n    close: fn()\n",
        "    close: fn()\n    open: fn(RStr) -> u8\n",
    );
    breaks(before, after, &["Root::open moved: close", "Root::close moved: open"]);
}

#[test]
fn a_method_keeps_its_signature() {
    breaks("-> u8", "-> u16", &["the signature of Root::open changed: it was fn(RStr) -> u8, and"]);
    breaks("fn()", "fn() with '_", &["the signature of Root::close changed"]);
}

#[test]
fn a_new_method_comes_at_the_end() {
    let middle = "Root::stat was added in the middle: new ones come at the end";
    breaks("    close", "    stat: fn()\n    close", &[middle]);
    breaks("    open", "    stat: fn()\n    open", &[middle]);
    grows("fn(RStr)\n\n", "fn(RStr)\n    stat: fn()\n\n", "Root::stat");
}

#[test]
fn the_fields_that_each_version_has_are_as_many_for_ever() {
    breaks(
        "Root: 2",
        "Root: 3",
        &["the number of prefix fields of Root changed: it was 2, and is 3"],
    );
}

#[test]
fn a_plain_struct_never_changes() {
    let told = ["Fault, a plain struct, changed: it carries a JSON field to grow in"];
    breaks("    code: u32\n", "    code: u32\n    more: u32\n", &told);
    breaks("code: u32", "code: i32", &told);
    breaks("size 8", "size 12", &told);
    breaks("    code: u32\n", "", &told);
}

#[test]
fn a_number_belongs_to_one_meaning() {
    breaks("High: 1", "High: 2", &["Level::High was 1, and is 2 now"]);
    breaks("    Low: 0\n", "", &["Level::Low was removed"]);
    breaks("above: High", "above: Low", &["Level::what is above was High, and is Low now"]);
    grows("    High: 1\n", "    High: 1\n    Highest: 2\n", "Level::Highest");
}

#[test]
fn a_type_stays_and_is_of_its_kind() {
    breaks("plain Fault", "plain Error", &["Fault was removed"]);
    breaks("growing Root", "plain Root", &["Root was growing, and is plain now"]);
    grows("plain Fault", "plain Other: size 1, alignment 1\n\nplain Fault", "Other");
}
