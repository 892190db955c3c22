//! The numbers of enums that cross the boundary.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use universal_worker_abi::raw::RawFault;
use universal_worker_abi::{CancelReason, Emitted, Fault, Level, RunContext, context_object};

use crate::text::{Item, Kind, Member};

pub(crate) fn items() -> Vec<Item> {
    let fault =
        |kind| Fault::from(RawFault { kind, message: "".into(), detail: Vec::new().into() });
    vec![
        item(
            "FaultKind",
            |number| fault(number.into()).kind,
            |kind| RawFault::from(Fault::new(kind, "")).kind,
        ),
        item("Emitted", Emitted::from_number, |emitted| {
            context_object(Arc::new(EmitResult(emitted))).emit(b""[..].into()).into()
        }),
        item("Level", Level::from_number, |level| level as u32),
        item("CancelReason", CancelReason::from_number, |reason| reason.number().into()),
    ]
}

/// The number of each value, and the values that unknown numbers read as.
fn item<T: Debug>(name: &str, read: impl Fn(u8) -> T, write: impl Fn(T) -> u32) -> Item {
    let own: Vec<u8> = (0..=u8::MAX).filter(|n| write(read(*n)) == u32::from(*n)).collect();
    let (first, last) = (own[0], own[own.len() - 1]);
    let mut members: Vec<Member> =
        own.iter().map(|n| Member::new(format!("{:?}", read(*n)), n.to_string())).collect();
    let reads = |range: &mut dyn Iterator<Item = u8>| {
        let mut read: Vec<String> = range.map(|n| format!("{:?}", read(n))).collect();
        read.dedup();
        read.join(", ")
    };
    let ranges = [("below", 0..=first), ("between", first..=last), ("above", last..=u8::MAX)];
    for (place, range) in ranges {
        let read = reads(&mut range.filter(|n| !own.contains(n)));
        if !read.is_empty() {
            members.push(Member::new(format!("what is {place}"), read));
        }
    }
    Item { kind: Kind::Numbers, name: name.to_owned(), facts: "by number".to_owned(), members }
}

/// A context whose `emit` has a fixed result.
struct EmitResult(Emitted);

impl RunContext for EmitResult {
    fn is_cancelled(&self) -> bool {
        false
    }

    fn wait_cancelled(&self, _limit: Duration) -> bool {
        false
    }

    fn remaining(&self) -> Option<Duration> {
        None
    }

    fn bound(&self) {}

    fn progress(&self, _fraction: f64, _message: Option<&str>) {}

    fn emit(&self, _json: &[u8]) -> Emitted {
        self.0
    }

    fn usage(&self, _json: &[u8]) {}

    fn log_enabled(&self, _level: Level, _target: &str) -> bool {
        false
    }

    fn log(&self, _level: Level, _target: &str, _message: &str) {}

    fn run_id(&self) -> &str {
        ""
    }
}
