//! What it costs to call a plugin, and a plugin to call back, beside the same without a boundary.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use universal_worker_abi::Class;
use universal_worker_abi::Emitted;
use universal_worker_abi::Fault;
use universal_worker_abi::Instance;
use universal_worker_abi::Level;
use universal_worker_abi::RunContext;
use universal_worker_host::Client;
use universal_worker_loader::Library;

use crate::figures::median;
use crate::server::Server;

/// Each row is measured so often, and the median taken.
const ROUNDS: usize = 15;
const CALLS: u32 = 100_000;

/// What a plugin asks of its context.
const FROM_WITHIN: [(&str, &str, &str); 5] = [
    ("`is_cancelled`", "is_cancelled", "2"),
    ("`progress`", "progress", "10"),
    ("`status` of 15 bytes", "status", ""),
    ("`emit` of one digit", "emit", ""),
    ("a log line that is filtered", "log_filtered", ""),
];

/// A context that does next to nothing.
#[derive(Debug, Default)]
struct Idle {
    cancelled: AtomicBool,
    progress: AtomicU64,
    last: Mutex<Vec<u8>>,
}

impl RunContext for Idle {
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

/// The arguments of the class `Meter`, and what it answers.
#[derive(Debug, Serialize, Deserialize)]
struct Echoed {
    text: String,
    count: u32,
    ratio: f64,
    flags: Vec<bool>,
}

#[derive(Deserialize)]
struct Call {
    kwargs: Echoed,
}

pub(crate) async fn boundary(dist: &Path) -> Result<(), Box<dyn Error>> {
    let library = Library::open(&dist.join("plugins/libconformance.so"))?;
    let class = library.class(Some("Meter"), Arc::new(Idle::default()))?;
    let instance = instance(&class)?;
    let call = call();
    println!(
        "## The boundary\n\nNanoseconds a call: the median of {ROUNDS} rounds of {CALLS} calls each, \
         into a library that is loaded and back.\nThe direct call does the same in one program: an \
         empty function, the methods of a context that does next to nothing, serde_json alone.\n"
    );
    println!("| | a context that does next to nothing | a run of the worker | direct | aim |");
    println!("|---|---|---|---|---|");
    let context = Arc::new(Idle::default());
    let empty = rounds(|| drop(black_box(instance.prefetch(Arc::clone(&context)))));
    println!(
        "| an empty call | {empty:.1} | | {:.1} | 25 |",
        rounds(|| black_box(nothing as fn())())
    );
    let within = within_worker(dist).await?;
    for ((name, what, aim), in_worker) in FROM_WITHIN.into_iter().zip(within) {
        let measured = measured_within(&instance, what).map_err(|fault| fault.message)?;
        println!("| {name} | {measured:.1} | {in_worker:.1} | {:.1} | {aim} |", direct(what));
    }
    let context = Arc::new(Idle::default());
    let typed = rounds(|| drop(black_box(instance.execute(call.as_bytes(), Arc::clone(&context)))));
    let alone = rounds(|| drop(black_box(serde_json_alone(call.as_bytes()))));
    println!("| a typed call of {} bytes | {typed:.0} | | {alone:.0} | |\n", call.len());
    Ok(())
}

fn instance(class: &Class) -> Result<Instance, Box<dyn Error>> {
    class.create(b"{}", Arc::new(Idle::default())).map_err(|fault| fault.message.into())
}

fn nothing() {}

fn serde_json_alone(call: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&serde_json::from_slice::<Call>(call)?.kwargs)
}

/// Nanoseconds a call.
fn rounds(mut call: impl FnMut()) -> f64 {
    let mut round = || {
        let begun = Instant::now();
        (0..CALLS).for_each(|_| call());
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    median(&[(); ROUNDS].map(|()| round()))
}

fn direct(what: &str) -> f64 {
    let idle = Idle::default();
    let context: &dyn RunContext = black_box(&idle);
    match what {
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

/// As the plugin measures it, with a context that does next to nothing.
fn measured_within(instance: &Instance, what: &str) -> Result<f64, Fault> {
    let call = json!({ "kwargs": measure(what) }).to_string();
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let context = Arc::new(Idle::default());
        instance.execute_stream(call.as_bytes(), Arc::clone(&context))?;
        let last = context.last.lock().unwrap_or_else(PoisonError::into_inner);
        figures.push(serde_json::from_slice(&last).unwrap_or(f64::NAN));
    }
    Ok(median(&figures))
}

/// The same in a run of a worker.
async fn within_worker(dist: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let worker = Server::worker(dist, "conformance", &["--class", "Meter"]).await?;
    let client = Client::new(&format!("http://{}", worker.address));
    let mut medians = Vec::new();
    for (_, what, _) in FROM_WITHIN {
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            let args: [(); 0] = [];
            let mut lines = client.execute_stream(&args, &measure(what)).await?;
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

/// The keywords of a stream that measures.
fn measure(what: &str) -> Value {
    json!({ "text": what, "count": CALLS })
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
    fn the_call_is_as_long_as_it_is_said_to_be() {
        assert_eq!(super::call().len(), 200);
    }
}
