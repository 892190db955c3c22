//! The sample plugins in a worker.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Worker, scratch};

fn recording(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("crates/samples/voice-activity/audio").join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn hello_greets() {
    let worker = Worker::hello().await;
    assert_eq!(worker.execute(json!({"name": "world"})).await.json(), "Hello, world!");
    assert_eq!(worker.stream(json!({"name": "world"})).await.text(), "\"Hello, world!\"\n");
}

#[tokio::test]
async fn voice_activity_finds_and_streams_the_same_segments() {
    let worker = Worker::voice_activity().await;
    let call = json!({"audio": recording("librivox-0870.wav")});
    let whole = worker.execute(call.clone()).await.json();
    assert!((whole["duration"].as_f64().unwrap() - 7.1).abs() < 0.1, "{whole}");
    assert_eq!(whole["sample_rate"], 16_000);
    assert!(whole["speech_seconds"].as_f64().unwrap() > 3.5, "{whole}");
    let streamed: Vec<Value> = worker
        .stream(call)
        .await
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(Value::Array(streamed), whole["segments"]);
    assert_eq!(worker.get("/progress").await.json()["progress"], 1.0);
}

#[tokio::test]
async fn a_file_that_is_no_recording_is_a_user_input_error() {
    let worker = Worker::voice_activity().await;
    for (audio, expected) in [
        (recording("nope.wav"), "nope.wav"),
        (recording(""), "audio"),
        (recording("README.md"), "README.md"),
    ] {
        let reply = worker.execute(json!({"audio": audio})).await;
        let body = reply.json();
        assert_eq!(body["_job_error"]["category"], "user_input", "{body}");
        assert!(body["detail"].as_str().unwrap().contains(expected), "{body}");
    }
}

#[tokio::test]
async fn voice_activity_reads_a_file_whose_name_is_not_utf8() {
    let dir = scratch();
    let name = OsStr::from_bytes(b"caf\xe9.wav");
    std::fs::copy(recording("librivox-0870.wav"), dir.path().join(name)).unwrap();
    let worker = Worker::voice_activity().await;
    // As Python's json.dumps writes what os.fsdecode makes of the name.
    let path = format!("{}/caf\\udce9.wav", dir.path().display());
    let reply = worker.post("/execute", &format!("{{\"args\":[\"{path}\"]}}")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test]
async fn voice_activity_can_be_cancelled() {
    // The samples of the recording repeated after its header of 44 bytes.
    let recording = std::fs::read(recording("librivox-0870.wav")).unwrap();
    let (header, samples) = recording.split_at(44);
    let samples = samples.repeat(400);
    let mut long = header.to_vec();
    let length = u32::try_from(samples.len()).unwrap();
    long[4..8].copy_from_slice(&(length + 36).to_le_bytes());
    long[40..44].copy_from_slice(&length.to_le_bytes());
    long.extend(samples);
    let dir = scratch();
    let audio = dir.path().join("long.wav");
    std::fs::write(&audio, long).unwrap();

    let worker = Worker::voice_activity().await;
    let run = worker.spawn_execute(json!({"audio": audio}));
    worker
        .until(|worker| async move {
            worker.get("/progress").await.json()["progress"].as_f64().unwrap() > 0.0
        })
        .await;
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
}
