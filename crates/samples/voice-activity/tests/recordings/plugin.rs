//! Tests of the plugin with the test kit.

use serde_json::{Value, json};
use universal_worker_plugin::Category;
use universal_worker_plugin::testing::{ClassSchema, Harness, When};
use voice_activity::VoiceActivity;

use crate::support::{RATE, audio, recording, silence, write_wav};

fn plugin(config: Value) -> Harness<VoiceActivity> {
    Harness::new(config).unwrap()
}

#[test]
fn a_run_reports_progress_and_segments() {
    let run = plugin(json!({})).call([audio("librivox-0870.wav")], ());
    let output = run.output();
    assert_eq!((&output["duration"], &output["sample_rate"]), (&json!(7.1), &json!(16_000)));
    assert_eq!(output["segments"].as_array().unwrap().len(), 1, "{output}");
    assert_eq!(run.usage["audio_seconds"], 7.1);
    assert!(run.progress[0].message.ends_with(" of 7.1 s decoded"), "{:?}", run.progress);
    assert!(run.progress.is_sorted_by(|a, b| a.fraction < b.fraction), "{:?}", run.progress);
    assert_eq!(*run.progress.last().unwrap(), (1.0, "7.1 s decoded"));
    // One report per second, and a final one.
    assert_eq!(run.progress.len(), 8);
}

#[test]
fn a_stream_emits_the_same_segments_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("two.wav");
    let speech = [recording("librivox-0880.wav"), silence(2.0)].concat();
    write_wav(&file, RATE, 1, &speech.repeat(3));
    let plugin = plugin(json!({}));
    let whole = plugin.call([&file], ()).output()["segments"].clone();
    let stream = plugin.stream([&file], ());
    assert_eq!(json!(stream.emitted), whole);
    assert!(stream.emitted.len() >= 3, "{whole}");

    let stopped = plugin.prepare().args([&file]).cancel(When::AfterEmitted(1)).stream();
    assert!(stopped.failure().is_cancelled());
    assert_eq!(stopped.emitted, whole.as_array().unwrap()[..1]);
    assert!(stopped.progress.last().unwrap().fraction < 0.7, "{:?}", stopped.progress);
    assert!(stopped.usage.is_empty());

    let left = plugin.prepare().args([&file]).reader_leaves(When::AfterProgress(1)).stream();
    assert!(left.failure().is_cancelled() && left.emitted.is_empty(), "{left:?}");
}

#[test]
fn all_invalid_config_fields_are_named() {
    let config = json!({"threshold": 1.5, "speech_pad_ms": -1});
    let failure = Harness::<VoiceActivity>::new(config).unwrap_err();
    assert_eq!(failure.category(), Some(Category::UserInput));
    let fields = failure.fields();
    assert_eq!(fields.len(), 2);
    assert_eq!(fields["threshold"], "must be from 0 to 1, got 1.5");
    assert_eq!(fields["speech_pad_ms"], "must be from 0 to 5000, got -1");
    let failure = Harness::<VoiceActivity>::new(json!({"treshold": 0.5})).unwrap_err();
    let expected = "unexpected config field 'treshold' (did you mean 'threshold'?)";
    assert_eq!(failure.message(), expected);
}

#[test]
fn the_config_changes_the_result() {
    let mut plugin = plugin(json!({}));
    plugin.reconfigure(json!({"min_speech_ms": 10_000})).unwrap();
    let run = plugin.call([audio("librivox-0870.wav")], ());
    assert_eq!(run.output()["segments"], json!([]));
    plugin.reconfigure(json!({"min_speech_ms": 10_001})).unwrap_err();
    assert_eq!(plugin.config()["min_speech_ms"], 10_000);
}

#[test]
fn an_unreadable_file_is_a_user_error() {
    let run = plugin(json!({})).call([audio("nope.wav")], ());
    let failure = run.failure();
    assert_eq!(failure.category(), Some(Category::UserInput));
    assert_eq!(failure.fields()["audio"], "no such file");
    assert!(failure.message().contains("nope.wav: no such file"), "{failure}");
}

#[test]
fn a_damaged_file_has_the_reason_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.mp3");
    let mut bytes = std::fs::read(audio("excerpt.mp3")).unwrap();
    bytes[10_000..10_300].iter_mut().for_each(|byte| *byte ^= 0x5A);
    std::fs::write(&file, bytes).unwrap();
    let run = plugin(json!({})).call([&file], ());
    let output = run.output();
    assert_eq!(output["truncated_at"], output["duration"], "{output}");
    let reason = output["reason"].as_str().unwrap();
    let cause = reason.strip_prefix("it is damaged after 1.178 s: ").unwrap_or_default();
    assert!(!cause.is_empty(), "{reason}");
    let strict = plugin(json!({})).prepare().args([&file]).kwargs(json!({"strict": true})).call();
    assert_eq!(strict.failure().fields()["audio"], reason);
}

#[test]
fn schemas_match_what_is_accepted() {
    let class = ClassSchema::<VoiceActivity>::new();
    class.assert_args(json!({"audio": "a.wav", "strict": true}));
    let config = class.check_config(()).unwrap();
    class.assert_config(config);
}
