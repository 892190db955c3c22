//! Tests that voice-activity reaches its goals on the quick part of the corpus.

#![allow(clippy::print_stdout, reason = "a test that fails shows each scene")]

mod levels;
mod noise;
mod speech;

use universal_worker_voice_bench::detector::segments_of;
use universal_worker_voice_bench::judge::Span;

fn spans_of(samples: &[f32]) -> Vec<Span> {
    let segments = segments_of(samples);
    segments.iter().map(|segment| Span { start: segment.start, end: segment.end }).collect()
}
