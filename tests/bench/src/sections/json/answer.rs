//! What a run of the worker usually answers.

use serde::Deserialize;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    text: String,
    segments: Vec<Segment>,
    language: String,
    /// 0 to 1.
    probability: f64,
    /// In seconds.
    duration: f64,
    tokens: u32,
    truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Segment {
    /// In seconds.
    start: f64,
    /// In seconds.
    end: f64,
}

/// An answer of 200 bytes.
pub(super) fn answer() -> Answer {
    let segments = [(0.17, 2.48), (2.95, 6.93)];
    Answer {
        text: "the voice of the recording once again".to_owned(),
        segments: segments.map(|(start, end)| Segment { start, end }).to_vec(),
        language: "en".to_owned(),
        probability: 0.982_421_875,
        duration: 7.1,
        tokens: 12,
        truncated: false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_answer_is_as_long_as_it_is_said_to_be() {
        assert_eq!(serde_json::to_string(&super::answer()).unwrap().len(), 200);
    }
}
