//! Containers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::ops::Bound;

use super::{Row, text};

pub(super) fn lists() -> Vec<Row> {
    vec![
        ("(i32, &str)", text((1, "a"))),
        ("[i32; 2]", text([1, 2])),
        ("Vec<i32>", text(vec![1, 2])),
        ("VecDeque<i32>", text(VecDeque::from([1, 2]))),
        ("LinkedList<i32>", text(LinkedList::from([1, 2]))),
        ("BTreeSet<i32>", text(BTreeSet::from([2, 1]))),
        ("HashSet<i32>", text(HashSet::from([1]))),
        ("Vec<u8>", text(b"hi".to_vec())),
        ("CString", text(c"hi".to_owned())),
    ]
}

pub(super) fn maps() -> Vec<Row> {
    vec![
        ("BTreeMap<&str, i32>", text(BTreeMap::from([("b", 2), ("a", 1)]))),
        ("BTreeMap<i32, &str>", text(BTreeMap::from([(1, "a")]))),
        ("HashMap<&str, i32>", text(HashMap::from([("a", 1)]))),
    ]
}

pub(super) fn ranges() -> Vec<Row> {
    vec![
        ("Range<i32>", text(1..5)),
        ("RangeInclusive<i32>", text(1..=4)),
        ("RangeFrom<i32>", text(1..)),
        ("RangeTo<i32>", text(..5)),
        ("Bound::Included", text(Bound::Included(1))),
        ("Bound::Unbounded", text(Bound::<u8>::Unbounded)),
    ]
}
