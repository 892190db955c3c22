//! The cost of calls into a plugin and back, compared with direct calls.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use universal_worker_abi::{Class, Emitted, Fault, Instance, Level, RunContext};
use universal_worker_host::Client;
use universal_worker_loader::Library;

use crate::figures::median;
use crate::server::Server;

/// The figures are medians of this many rounds.
const ROUNDS: usize = 15;
const CALLS: u32 = 100_000;

/// The calls of a plugin to its context: name, operation and target in nanoseconds.
const CONTEXT_CALLS: [(&str, &str, &str); 5] = [
    ("`is_cancelled`", "is_cancelled", "2"),
    ("`progress`", "progress", "10"),
    ("`status` of 15 bytes", "status", ""),
    ("`emit` of one digit", "emit", ""),
    ("a log line that is filtered out", "log_filtered", ""),
];

/// A context that does as little as possible.
#[derive(Debug, Default)]
struct IdleContext {
    cancelled: AtomicBool,
    progress: AtomicU64,
    last: Mutex<Vec<u8>>,
}

impl RunContext for IdleContext {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn wait_cancelled(&self, _limit: Duration) -> bool {
        self.is_cancelled()
    }

    fn remaining(&self) -> Option<Duration> {
        None
    }

    fn bound(&self) {}

    fn progress(&self, fraction: f64, _message: Option<&str>) {
        self.progress.store(fraction.to_bits(), Ordering::Relaxed);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clear();
        last.extend(json);
        Emitted::Taken
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

/// The arguments and the result of the class `Meter`.
#[derive(Debug, Serialize, Deserialize)]
struct MeterArgs {
    text: String,
    count: u32,
    ratio: f64,
    flags: Vec<bool>,
}

#[derive(Deserialize)]
struct Call {
    kwargs: MeterArgs,
}

pub(crate) async fn boundary(dist: &Path) -> Result<(), Box<dyn Error>> {
    let library = Library::open(&dist.join("plugins/libconformance.so"))?;
    let class = library.class(Some("Meter"), Arc::new(IdleContext::default()))?;
    let instance = instance(&class)?;
    let call = call();
    println!(
        "## The plugin boundary\n\nNanoseconds per call, as the median of {ROUNDS} rounds of {CALLS} calls, \
         between this program and a loaded library.\nA direct call does the same without the boundary: \
         an empty function, the methods of an idle context, or serde_json.\n"
    );
    println!("| | idle context | run of a worker | direct | target |");
    println!("|---|---|---|---|---|");
    let context = Arc::new(IdleContext::default());
    let empty = rounds(|| drop(black_box(instance.prefetch(Arc::clone(&context)))));
    println!(
        "| an empty call | {empty:.1} | | {:.1} | 25 |",
        rounds(|| black_box(nothing as fn())())
    );
    let in_worker = measure_in_worker(dist).await?;
    for ((name, operation, target), in_worker) in CONTEXT_CALLS.into_iter().zip(in_worker) {
        let measured = measure_in_process(&instance, operation).map_err(|fault| fault.message)?;
        println!(
            "| {name} | {measured:.1} | {in_worker:.1} | {:.1} | {target} |",
            direct(operation)
        );
    }
    let context = Arc::new(IdleContext::default());
    let typed = rounds(|| drop(black_box(instance.execute(call.as_bytes(), Arc::clone(&context)))));
    let direct = rounds(|| drop(black_box(with_serde_json(call.as_bytes()))));
    println!("| a typed call of {} bytes | {typed:.0} | | {direct:.0} | |\n", call.len());
    Ok(())
}

fn instance(class: &Class) -> Result<Instance, Box<dyn Error>> {
    class.create(b"{}", Arc::new(IdleContext::default())).map_err(|fault| fault.message.into())
}

fn nothing() {}

fn with_serde_json(call: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&serde_json::from_slice::<Call>(call)?.kwargs)
}

/// Nanoseconds per call.
fn rounds(mut call: impl FnMut()) -> f64 {
    let mut round = || {
        let started = Instant::now();
        (0..CALLS).for_each(|_| call());
        started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    median(&[(); ROUNDS].map(|()| round()))
}

fn direct(operation: &str) -> f64 {
    let idle = IdleContext::default();
    let context: &dyn RunContext = black_box(&idle);
    match operation {
        "is_cancelled" => rounds(|| {
            black_box(context.is_cancelled());
        }),
        "progress" => rounds(|| context.progress(0.5, None)),
        "status" => rounds(|| context.progress(0.5, Some("halfway through"))),
        "emit" => rounds(|| {
            black_box(context.emit(b"1"));
        }),
        _ => rounds(|| {
            black_box(context.log_enabled(Level::Trace, "meter"));
        }),
    }
}

/// What the plugin measures, with an idle context.
fn measure_in_process(instance: &Instance, operation: &str) -> Result<f64, Fault> {
    let call = json!({ "kwargs": arguments(operation) }).to_string();
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let context = Arc::new(IdleContext::default());
        instance.execute_stream(call.as_bytes(), Arc::clone(&context))?;
        let last = context.last.lock().unwrap_or_else(PoisonError::into_inner);
        figures.push(serde_json::from_slice(&last).unwrap_or(f64::NAN));
    }
    Ok(median(&figures))
}

/// What the plugin measures in a run of a worker.
async fn measure_in_worker(dist: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let worker = Server::worker(dist, "conformance", &["--class", "Meter"]).await?;
    let client = Client::new(&format!("http://{}", worker.address));
    let mut medians = Vec::new();
    for (_, operation, _) in CONTEXT_CALLS {
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            let args: [(); 0] = [];
            let mut lines = client.execute_stream(&args, &arguments(operation)).await?;
            let mut figure = f64::NAN;
            while let Some(line) = lines.next_line().await {
                figure = serde_json::from_slice(&line?)?;
            }
            figures.push(figure);
        }
        medians.push(median(&figures));
    }
    worker.stop().await?;
    Ok(medians)
}

/// The keyword arguments of a stream that measures.
fn arguments(operation: &str) -> Value {
    json!({ "text": operation, "count": CALLS })
}

fn call() -> String {
    let text = "x".repeat(124);
    format!(
        r#"{{"args":[],"kwargs":{{"text":"{text}","count":7,"ratio":0.25,"flags":[true,false]}}}}"#
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_call_has_200_bytes() {
        assert_eq!(super::call().len(), 200);
    }
}
