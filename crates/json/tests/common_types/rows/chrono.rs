//! The types of chrono.

use std::time::SystemTime;

use chrono::{DateTime, FixedOffset, Month, TimeDelta, Utc, Weekday};
use universal_worker_json::{Isoformat, Seconds};

use super::{DURATION, Row, text, time};

pub(super) fn rows() -> Vec<Row> {
    let datetime = DateTime::<Utc>::from(time());
    let offset = FixedOffset::east_opt(3600).unwrap();
    let naive = datetime.naive_utc();
    let delta = TimeDelta::from_std(DURATION).unwrap();
    vec![
        ("chrono::DateTime<Utc>", text(datetime)),
        ("Isoformat(SystemTime::from(datetime))", text(Isoformat(SystemTime::from(datetime)))),
        ("chrono::DateTime<FixedOffset>", text(datetime.with_timezone(&offset))),
        ("chrono::NaiveDateTime", text(naive)),
        ("chrono::NaiveDate", text(naive.date())),
        ("chrono::NaiveTime", text(naive.time())),
        ("chrono::TimeDelta", text(delta)),
        ("Seconds(delta.to_std()?)", text(Seconds(delta.to_std().unwrap()))),
    ]
}

pub(super) fn names() -> Vec<Row> {
    vec![("chrono::Weekday", text(Weekday::Wed)), ("chrono::Month", text(Month::November))]
}
