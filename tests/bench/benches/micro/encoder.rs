//! The JSON encoder.

use criterion::{Criterion, Throughput};
use serde::Serialize;
use universal_worker_json::Encoder;

/// An answer of the usual kind.
#[derive(Serialize)]
struct Segment {
    start: f64,
    end: f64,
    text: String,
    words: Vec<&'static str>,
    speaker: Option<u32>,
}

fn segments(count: u32) -> Vec<Segment> {
    let segment = |number: u32| Segment {
        start: f64::from(number) * 1.25,
        end: f64::from(number) * 1.25 + 1.1,
        text: format!("segment {number}: \"quoted\" text with an é"),
        words: vec!["segment", "quoted", "text"],
        speaker: number.is_multiple_of(2).then_some(number),
    };
    (0..count).map(segment).collect()
}

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encoder");
    let encoder = Encoder::compact();
    for (name, count) in [("1 segment", 1), ("1,000 segments", 1000)] {
        let segments = segments(count);
        let length = encoder.to_vec(&segments).unwrap().len();
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(name, |bencher| {
            let mut buffer = Vec::with_capacity(length);
            bencher.iter(|| {
                buffer.clear();
                encoder.encode_into(&segments, &mut buffer).unwrap();
            });
        });
    }
    let text = "x".repeat(10_000);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("a text of 10 kB", |bencher| {
        bencher.iter(|| encoder.to_vec(&text).unwrap());
    });
    group.finish();
}
