//! Compares the encoder with `json.dumps`.
//!
//! `cpython.py` generates values and the texts of the installed Python.
//! `cargo xtask conformance encoder` compares many more, with an optimized build.

#[path = "../examples/dumps/line.rs"]
mod line;
#[path = "../examples/dumps/options.rs"]
mod options;
#[path = "support/python.rs"]
mod python;
#[path = "support/stack.rs"]
mod stack;
#[path = "../examples/dumps/value.rs"]
mod value;

/// Bytes to show before and after a difference.
const AROUND: usize = 60;

#[test]
fn texts_equal_those_of_cpython() {
    let pairs = python::run("cpython.py", &["generate", "--seed", "1", "--texts", "4000"], "");
    match stack::large(|| compare(&pairs)) {
        Ok(equal) => assert_eq!(equal, 4000),
        Err(difference) => panic!("{difference}"),
    }
}

#[test]
fn a_different_text_is_reported() {
    let pairs =
        |answer: &str| format!("{{\"value\": 1}}\n\"1\"\n{{\"value\": [1, 2]}}\n{answer}\n");
    assert_eq!(compare(&pairs(r#""[1, 2]""#)), Ok(2));
    for (answer, at) in [(r#""[1, 3]""#, 4), (r#""[1, 2""#, 5), (r#""[1, 2] ""#, 6), ("null", 0)] {
        let message = compare(&pairs(answer)).expect_err("the second text differs");
        assert!(message.contains(&format!("text 1 differs at byte {at}")), "{message}");
    }
}

/// Encodes the first of each two lines and compares with the second; returns the number of texts.
///
/// # Errors
/// Describes the first difference.
fn compare(pairs: &str) -> Result<usize, String> {
    let mut lines = pairs.split_terminator('\n');
    let mut texts = 0;
    while let (Some(input), Some(expected)) = (lines.next(), lines.next()) {
        let answer = line::dumps(input.as_bytes())
            .map_err(|error| format!("text {texts} cannot be read: {error}\n{}", start(input)))?;
        let (answer, expected) = (text(&answer), text(expected));
        if answer != expected {
            return Err(difference(texts, input, &expected, &answer));
        }
        texts += 1;
    }
    Ok(texts)
}

/// The text in a line of output.
fn text(answer: &str) -> String {
    let text: Option<String> = serde_json::from_str(answer).expect("a line of output is JSON");
    text.unwrap_or_else(|| "(raises)".to_owned())
}

fn difference(index: usize, input: &str, expected: &str, answer: &str) -> String {
    let (one, other) = (expected.as_bytes(), answer.as_bytes());
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let around = |text: &[u8]| {
        let part = same.saturating_sub(AROUND)..text.len().min(same + AROUND);
        String::from_utf8_lossy(&text[part]).into_owned()
    };
    format!(
        "text {index} differs at byte {same}\ninput: {}\njson.dumps: {:?}\nencoder: {:?}",
        start(input),
        around(one),
        around(other),
    )
}

fn start(input: &str) -> String {
    input.chars().take(10 * AROUND).collect()
}
