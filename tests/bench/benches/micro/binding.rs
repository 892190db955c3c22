//! Binding the arguments of a call, with the call and its result.

use std::sync::Arc;

use conformance::{Conformance, Meter};
use criterion::Criterion;

use crate::context::{IdleContext, instance};

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("binding");
    let text = "x".repeat(124);
    let by_name = format!(
        r#"{{"args":[],"kwargs":{{"text":"{text}","count":7,"ratio":0.25,"flags":[true,false]}}}}"#
    );
    let in_order = format!(r#"{{"args":["{text}",7,0.25,[true,false]],"kwargs":{{}}}}"#);
    let context = Arc::new(IdleContext::default());
    let typed = instance::<Meter>();
    for (name, call) in [("typed, by name", &by_name), ("typed, in order", &in_order)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| typed.execute(call.as_bytes(), Arc::clone(&context)).unwrap());
        });
    }
    let raw = instance::<Conformance>();
    group.bench_function("raw, by name", |bencher| {
        bencher.iter(|| raw.execute(by_name.as_bytes(), Arc::clone(&context)).unwrap());
    });
    group.bench_function("serde_json alone, by name", |bencher| {
        bencher.iter(|| serde_json::from_slice::<serde_json::Value>(by_name.as_bytes()).unwrap());
    });
    group.finish();
}
