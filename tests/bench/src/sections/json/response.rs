//! A typical response of the worker.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Response {
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

/// A response of 200 bytes.
pub(super) fn response() -> Response {
    let segments = [(0.17, 2.48), (2.95, 6.93)];
    Response {
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
    fn the_response_has_200_bytes() {
        assert_eq!(serde_json::to_string(&super::response()).unwrap().len(), 200);
    }
}
