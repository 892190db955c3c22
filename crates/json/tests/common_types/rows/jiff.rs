//! The types of jiff.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use universal_worker_json::{Isoformat, Seconds};

use super::{DURATION, Row, text, time};

pub(super) fn rows() -> Vec<Row> {
    let timestamp = Timestamp::try_from(time()).unwrap();
    let zoned = timestamp.to_zoned_datetime(TimeZone::UTC);
    let signed = SignedDuration::try_from(DURATION).unwrap();
    let system_time = SystemTime::try_from(timestamp).unwrap();
    let duration = Duration::try_from(signed).unwrap();
    vec![
        ("jiff::Timestamp", text(timestamp)),
        ("Isoformat(SystemTime::try_from(timestamp)?)", text(Isoformat(system_time))),
        ("jiff::civil::DateTime", text(zoned.datetime())),
        ("jiff::civil::Date", text(zoned.date())),
        ("jiff::civil::Time", text(zoned.time())),
        ("jiff::ZonedDateTime", text(zoned)),
        ("jiff::SignedDuration", text(signed)),
        ("Seconds(Duration::try_from(signed)?)", text(Seconds(duration))),
        ("jiff::Span", text(Span::new().hours(1).minutes(30))),
    ]
}
