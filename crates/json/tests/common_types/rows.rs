//! A value of each type in the table, encoded.

mod chrono;
mod containers;
mod jiff;
mod system;
mod values;

use std::time::{Duration, SystemTime};

use serde::Serialize;
use universal_worker_json::Encoder;

/// The name of the type, and its JSON.
pub(crate) type Row = (&'static str, String);

pub(crate) fn all() -> Vec<Row> {
    [
        values::plain(),
        values::wrapped(),
        values::pointed_to(),
        containers::lists(),
        containers::maps(),
        containers::ranges(),
        system::texts(),
        system::addresses(),
        system::times(),
        jiff::rows(),
        chrono::rows(),
        chrono::names(),
        vec![("uuid::Uuid", text(uuid::uuid!("67e55044-10b1-426f-9247-bb680e5fe0c8")))],
    ]
    .concat()
}

/// The output of the encoder.
fn text<T: Serialize>(value: T) -> String {
    Encoder::compact().to_string(&value).unwrap()
}

/// The time `t` of the table.
fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_610_200_123_456)
}

/// The duration `d` of the table.
const DURATION: Duration = Duration::from_millis(1500);
