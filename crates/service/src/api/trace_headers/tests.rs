//! The cases of the test suite of W3C Trace Context (w3c/trace-context, test/test.py), as far as
//! they hold for level 2.

use super::*;
use crate::run::tags::Tracing;

const ID: &str = "12345678901234567890123456789012";
const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

/// What is read of a request with these headers, as text.
fn read(parents: &[&str], states: &[&str]) -> Option<(String, Option<String>)> {
    let parents: Vec<HeaderValue> = parents.iter().map(|text| value(text)).collect();
    let states: Vec<HeaderValue> = states.iter().map(|text| value(text)).collect();
    let mut field = Field::Missing;
    parents.iter().for_each(|value| field.add(value));
    let trace = super::read(field, &states.iter().collect::<Vec<_>>())?;
    Some((trace.traceparent, trace.tracestate))
}

/// What is read of the `tracestate` beside a valid `traceparent`.
fn state(states: &[&str]) -> Option<String> {
    let (parent, state) = read(&[PARENT], states).unwrap();
    assert_eq!(parent, PARENT);
    state
}

#[test]
fn a_valid_traceparent_passes_unchanged() {
    for (version, rest) in [
        ("00", "-1234567890123456-01"),
        ("00", "-1234567890123456-00"),
        ("00", "-00000000000000a0-ff"),
        ("cc", "-1234567890123456-01"),
        ("cc", "-1234567890123456-01-what-the-future-will-be-like"),
    ] {
        let parent = format!("{version}-{ID}{rest}");
        assert_eq!(read(&[&parent], &[]), Some((parent, None)));
    }
}

#[test]
fn an_invalid_traceparent_counts_as_missing_and_so_does_its_tracestate() {
    let zeros = "0".repeat(32);
    let too_long = format!("cc-{ID}-1234567890123456-01-{}", "x".repeat(MAX_LENGTH));
    for parent in [
        "",
        "00",
        &format!("00-{ID}-1234567890123456-01."),
        &format!("00-{ID}-1234567890123456-01-"),
        &format!("00-{ID}-1234567890123456-01-what-the-future-will-be-like"),
        &format!("cc-{ID}-1234567890123456-01.what-the-future-will-be-like"),
        &format!("cc-{ID}-1234567890123456-01-what the future will be like"),
        &too_long,
        &format!("ff-{ID}-1234567890123456-01"),
        &format!(".0-{ID}-1234567890123456-01"),
        &format!("0.-{ID}-1234567890123456-01"),
        &format!("000-{ID}-1234567890123456-01"),
        &format!("0000-{ID}-1234567890123456-01"),
        &format!("0-{ID}-1234567890123456-01"),
        &format!("CC-{ID}-1234567890123456-01"),
        &format!("00-{zeros}-1234567890123456-01"),
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-1234567890123456789012345678901A-1234567890123456-01",
        "00-123456789012345678901234567890123-1234567890123456-01",
        "00-1234567890123456789012345678901-1234567890123456-01",
        &format!("00-{ID}-0000000000000000-01"),
        &format!("00-{ID}-.234567890123456-01"),
        &format!("00-{ID}-123456789012345.-01"),
        &format!("00-{ID}-123456789012345F-01"),
        &format!("00-{ID}-12345678901234567-01"),
        &format!("00-{ID}-123456789012345-01"),
        &format!("00-{ID}-1234567890123456-.0"),
        &format!("00-{ID}-1234567890123456-0."),
        &format!("00-{ID}-1234567890123456-0A"),
        &format!("00-{ID}-1234567890123456-001"),
        &format!("00-{ID}-1234567890123456-1"),
    ] {
        assert_eq!(read(&[parent], &["foo=1"]), None, "{parent}");
    }
    assert_eq!(read(&[], &["foo=1"]), None);
    assert_eq!(read(&[PARENT, PARENT], &["foo=1"]), None);
    let bytes = HeaderValue::from_bytes(b"00-\xe9").unwrap();
    assert_eq!(super::read(Field::Once(&bytes), &[]), None);
}

#[test]
fn a_tracestate_passes_with_all_its_headers_in_one() {
    for (states, expected) in [
        (&["foo=1,bar=2"][..], "foo=1,bar=2"),
        (&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (&["foo=1", ""], "foo=1"),
        (&["", "foo=1"], "foo=1"),
        (&["foo=1,,bar=2"], "foo=1,,bar=2"),
        (&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1 \t , \t bar=2, \t baz=3"),
        (&["foo= 1 2"], "foo= 1 2"),
        (&["0vendor@tenant=1", "foo@=2"], "0vendor@tenant=1,foo@=2"),
    ] {
        assert_eq!(state(states).as_deref(), Some(expected));
    }
    for none in [&[][..], &[""], &["", ""], &[" , ,"]] {
        assert_eq!(state(none), None, "{none:?}");
    }
    let value: String = (' '..='~').filter(|it| !matches!(it, ',' | '=')).collect();
    let all = format!("abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/={value}");
    assert_eq!(state(&[&all]), Some(all));
}

#[test]
fn an_invalid_tracestate_counts_as_missing_and_leaves_the_traceparent() {
    let (longest, longer) = ("z".repeat(MAX_PART), "z".repeat(MAX_PART + 1));
    for states in [
        &["foo=1,foo=1"][..],
        &["foo=1", "foo=2"],
        &["foo =1"],
        &["FOO=1"],
        &["foo.bar=1"],
        &["@foo=1,bar=2"],
        &["foo"],
        &["foo="],
        &["=1"],
        &["foo=1=2"],
        &["foo=1", &format!("{longer}=1")],
        &["foo=1", &format!("bar={longer}")],
    ] {
        assert_eq!(state(states), None, "{states:?}");
    }
    assert!(state(&["foo=1", &format!("{longest}={longest}")]).is_some());
    let member = |number: usize| format!("bar{number}={number}");
    let most: Vec<String> = (0..MAX_MEMBERS).map(member).collect();
    assert_eq!(state(&[&most[..20].join(","), &most[20..].join(",")]), Some(most.join(",")));
    assert_eq!(state(&[&most.join(","), &member(MAX_MEMBERS)]), None);
    let bytes = HeaderValue::from_bytes(b"foo=\xe9").unwrap();
    assert_eq!(super::state(&[&bytes]), None);
}

#[test]
fn a_new_trace_is_valid_and_another_each_time() {
    let begin = |_| Tracing::Always.complete(None).unwrap().trace.unwrap().traceparent;
    let made = [0, 1].map(begin);
    for parent in &made {
        assert_eq!(read(&[parent], &[]), Some((parent.clone(), None)));
        assert!(parent.starts_with("00-") && parent.ends_with("-01"), "{parent}");
    }
    assert_ne!(made[0][3..35], made[1][3..35]);
    assert_ne!(made[0][36..52], made[1][36..52]);
}
