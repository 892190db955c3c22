//! Compares the scores with those of the original network.

use std::{fs, path::Path};

use super::*;

/// The scores of the ONNX file of the Python package on `librivox-0880.wav`, by onnxruntime 1.24.
const EXPECTED: [f32; 94] = [
    0.0294, 0.0261, 0.0233, 0.0228, 0.0198, 0.0198, 0.0136, 0.0488, 0.8741, 0.9887, 0.9965, 0.9912,
    0.9942, 0.9995, 0.9992, 0.9994, 0.9992, 0.9995, 0.9998, 1.0000, 0.9998, 0.9998, 0.9998, 0.9993,
    0.9984, 0.9968, 0.9913, 0.9937, 0.9955, 0.9994, 0.9936, 0.9873, 0.8186, 0.2937, 0.1158, 0.2564,
    0.8588, 0.8576, 0.7424, 0.7717, 0.9658, 0.9948, 0.9968, 0.9970, 0.9984, 0.9990, 0.9988, 0.9998,
    0.9998, 0.9998, 0.9998, 0.9998, 0.9962, 0.9901, 0.9995, 0.9999, 0.9998, 0.9995, 0.9996, 0.9993,
    0.9993, 0.9993, 0.9999, 0.9999, 0.9993, 0.9997, 0.9999, 1.0000, 0.9999, 0.9998, 0.9999, 0.9997,
    0.9990, 0.9952, 0.9879, 0.9995, 0.9999, 0.9999, 0.9998, 0.9994, 0.9996, 0.9993, 0.9992, 0.9981,
    0.9948, 0.9927, 0.9874, 0.9663, 0.7103, 0.2170, 0.0570, 0.0332, 0.0233, 0.0163,
];

#[test]
fn scores_are_those_of_the_original() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/librivox-0880.wav");
    let bytes = fs::read(file).unwrap();
    let (pairs, _) = bytes[44..].as_chunks();
    let samples: Vec<f32> =
        pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0).collect();
    let mut network = Network::new();
    let mut scored = 0;
    for (frame, expected) in samples.chunks(FRAME).zip(EXPECTED) {
        let mut padded = [0.0; FRAME];
        padded[..frame.len()].copy_from_slice(frame);
        let score = network.score(&padded);
        assert!((score - expected).abs() < 5e-4, "frame {scored}: {score}, not {expected}");
        scored += 1;
    }
    assert_eq!(scored, EXPECTED.len());
}
