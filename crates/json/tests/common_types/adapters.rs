//! The adapters: compared with Python, within containers, and their errors.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use universal_worker_json::{Encoder, Isoformat, Seconds};

use crate::python;

const PRELUDE: &str = "from datetime import datetime, timedelta, timezone";

/// Seconds and microseconds; for the first three, `as_secs_f64` does not return the nearest float.
const DURATIONS: [(u64, u32); 8] = [
    (1, 547_791),
    (1, 24_949),
    (5, 715_665),
    (0, 0),
    (0, 1),
    (1, 100_000),
    (86_399, 999_999),
    (86_399_999_913_600, 1),
];

/// Seconds since 1970, and microseconds.
const TIMES: [(i64, u32); 8] = [
    (-62_135_596_800, 0),
    (-2_208_988_801, 999_999),
    (-1, 1),
    (0, 0),
    (951_782_400, 500_000),
    (1_795_610_200, 123_456),
    (4_107_542_400, 10),
    (253_402_300_799, 999_999),
];

fn text(value: impl Serialize) -> String {
    let text = Encoder::compact().to_string(&value).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    text
}

#[test]
fn seconds_equal_those_of_python() {
    let expressions = DURATIONS.map(|(seconds, microseconds)| {
        format!("timedelta(0, {seconds}, {microseconds}).total_seconds()")
    });
    let texts = python::dumps(PRELUDE, &expressions.each_ref().map(String::as_str));
    let ours = DURATIONS.map(|(seconds, microseconds)| {
        let duration = Duration::new(seconds, microseconds * 1000);
        Encoder::python().to_string(&Seconds(duration)).unwrap()
    });
    assert_eq!(ours.as_slice(), texts);
}

#[test]
fn isoformat_equals_that_of_python() {
    let expressions = TIMES.map(|(seconds, microseconds)| {
        let delta = format!("timedelta(0, {seconds}, {microseconds})");
        format!("(datetime(1970, 1, 1, tzinfo=timezone.utc) + {delta}).isoformat()")
    });
    let texts = python::dumps(PRELUDE, &expressions.each_ref().map(String::as_str));
    let ours = TIMES.map(|(seconds, microseconds)| {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        let second = if seconds < 0 { epoch - whole } else { epoch + whole };
        text(Isoformat(second + Duration::from_micros(microseconds.into())))
    });
    assert_eq!(ours.as_slice(), texts);
}

#[test]
fn isoformat_jiff_and_chrono_write_fractions_differently() {
    let half = SystemTime::UNIX_EPOCH + Duration::from_millis(500);
    assert_eq!(text(Isoformat(half)), r#""1970-01-01T00:00:00.500000+00:00""#);
    assert_eq!(text(jiff::Timestamp::try_from(half).unwrap()), r#""1970-01-01T00:00:00.5Z""#);
    assert_eq!(text(chrono::DateTime::<chrono::Utc>::from(half)), r#""1970-01-01T00:00:00.500Z""#);
}

#[test]
fn containers_of_durations_are_accepted() {
    let half = Duration::from_millis(500);
    assert_eq!(text(Seconds(&half)), "0.5");
    assert_eq!(text(Seconds(Box::new(half))), "0.5");
    assert_eq!(text(Seconds(Arc::new(half))), "0.5");
    assert_eq!(text(Seconds(Rc::new(half))), "0.5");
    assert_eq!(text(Seconds([Some(half), None])), "[0.5,null]");
    assert_eq!(text(Seconds(vec![&half])), "[0.5]");
    assert_eq!(text(Seconds([half].as_slice())), "[0.5]");
    assert_eq!(text(Seconds(BTreeMap::from([("a", vec![half])]))), r#"{"a":[0.5]}"#);
    assert_eq!(text(Seconds(HashMap::from([(1, Some(half))]))), r#"{"1":0.5}"#);
}

#[test]
fn an_adapter_works_as_a_key() {
    let runs = BTreeMap::from([(Isoformat(SystemTime::UNIX_EPOCH), 1)]);
    assert_eq!(text(runs), r#"{"1970-01-01T00:00:00+00:00":1}"#);
}

#[test]
fn a_year_beyond_python_is_an_error_with_a_path() {
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    let error = Encoder::compact().to_string(&[Isoformat(late)]).unwrap_err();
    let message = "the time 253402300800 s from 1970 is outside the years 1 to 9999";
    assert_eq!(error.to_string(), format!("$[0]: {message}"));
    assert!(serde_json::to_string(&Isoformat(late)).unwrap_err().to_string().contains(message));
}

#[test]
fn a_path_that_is_not_utf8_is_an_error() {
    let path = Path::new(OsStr::from_bytes(b"/a/\xff"));
    let error = Encoder::compact().to_string(path).unwrap_err();
    assert_eq!(error.to_string(), "$: path contains invalid UTF-8 characters");
}
