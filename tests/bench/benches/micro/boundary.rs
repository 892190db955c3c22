//! The plugin boundary.

use std::sync::Arc;
use std::time::Duration;

use conformance::Meter;
use criterion::Criterion;

use crate::context::{IdleContext, instance};

/// The calls of a plugin to its context.
const CALLS: [(&str, &str); 5] = [
    ("is_cancelled", "is_cancelled"),
    ("progress", "progress"),
    ("status of 15 bytes", "status"),
    ("emit of one digit", "emit"),
    ("a log line that is filtered out", "log_filtered"),
];

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boundary");
    let meter = instance::<Meter>();
    let context = Arc::new(IdleContext::default());
    group.bench_function("an empty call", |bencher| {
        bencher.iter(|| meter.prefetch(Arc::clone(&context)));
    });
    for (name, operation) in CALLS {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let call = format!(r#"{{"kwargs":{{"text":"{operation}","count":{times}}}}}"#);
                let context = Arc::new(IdleContext::default());
                meter.execute_stream(call.as_bytes(), Arc::clone(&context)).unwrap();
                // The plugin measures, and emits the nanoseconds per call.
                let nanoseconds: f64 = serde_json::from_slice(&context.last()).unwrap();
                Duration::from_secs_f64(nanoseconds * times as f64 / 1e9)
            });
        });
    }
    group.finish();
}
