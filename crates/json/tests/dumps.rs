//! Input and output of the example `dumps`.

#[path = "../examples/dumps/line.rs"]
mod line;
#[path = "../examples/dumps/options.rs"]
mod options;
#[path = "support/stack.rs"]
mod stack;
#[path = "../examples/dumps/stream.rs"]
mod stream;
#[path = "../examples/dumps/value.rs"]
mod value;

use std::cell::Cell;
use std::io;
use std::io::{Read, Write};
use std::rc::Rc;

/// The text for a line; `None` if Python raises an exception.
#[track_caller]
fn dumps(line: &str) -> Option<String> {
    let answer = line::dumps(line.as_bytes()).expect("the line can be processed");
    serde_json::from_str(&answer).expect("the output is a JSON string or null")
}

#[track_caller]
fn check(value: &str, expected: &str) {
    assert_eq!(dumps(&format!("{{\"value\": {value}}}")).as_deref(), Some(expected));
}

#[track_caller]
fn check_options(options: &str, value: &str, expected: Option<&str>) {
    let line = format!("{{\"options\": {options}, \"value\": {value}}}");
    assert_eq!(dumps(&line).as_deref(), expected);
}

#[test]
fn integers_keep_their_digits() {
    check("-0", "0");
    for digits in ["-9223372036854775809", "18446744073709551616", &"7".repeat(400)] {
        check(digits, digits);
    }
}

#[test]
fn floats_are_numbers_or_tagged_strings() {
    check("[-0.0, 1E2, 1e400, -1e400]", "[-0.0, 100.0, Infinity, -Infinity]");
    check(r#"[{"$float": "1e16"}, {"$float": "7"}]"#, "[1e+16, 7.0]");
    check(r#"[{"$float": "nan"}, {"$float": "-iNfinity"}]"#, "[NaN, -Infinity]");
}

#[test]
fn only_an_object_with_one_string_member_is_a_float() {
    check(r#"{"$float": 1}"#, r#"{"$float": 1}"#);
    check(r#"{"$float": "1", "a": 2}"#, r#"{"$float": "1", "a": 2}"#);
    check(r#"{"$float": "1", "$float": "2"}"#, "2.0");
}

#[test]
fn a_repeated_key_replaces_the_value_at_its_first_position() {
    check(r#"{"a": 1, "b": 2, "\u0061": 3}"#, r#"{"a": 3, "b": 2}"#);
}

#[test]
fn options_accept_pythons_values() {
    check_options("{}", r#""é""#, Some(r#""\u00e9""#));
    check_options(r#"{"default": null, "separators": null, "indent": null}"#, "[1]", Some("[1]"));
    check_options(r#"{"allow_nan": false}"#, r#"{"$float": "nan"}"#, None);
    check_options(
        r#"{"ensure_ascii": false, "separators": ["", "é"]}"#,
        r#"{"a": [1, 2]}"#,
        Some("{\"a\"é[12]}"),
    );
    for (indent, spaces) in
        [("true", " "), ("false", ""), ("-3", ""), ("2", "  "), (r#""--""#, "--")]
    {
        let expected = format!("[\n{spaces}1\n]");
        check_options(&format!(r#"{{"indent": {indent}}}"#), "[1]", Some(&expected));
    }
}

#[test]
fn malformed_lines_are_errors() {
    for line in [
        "",
        "[]",
        "{}",
        r#"{"value": [1,]}"#,
        r#"{"value": NaN}"#,
        r#"{"value": {"$float": "one"}}"#,
        r#"{"value": "\ud800"}"#,
        r#"{"value": 1, "option": {}}"#,
        r#"{"value": 1, "options": {"cls": null}}"#,
        r#"{"value": 1, "options": {"default": 1}}"#,
        r#"{"value": 1, "options": {"indent": 1.5}}"#,
        r#"{"value": 1, "options": {"separators": [","]}}"#,
    ] {
        assert!(line::dumps(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn any_depth_is_processed() {
    let nested = |levels: usize, open: &str, inner: &str, close: &str| {
        format!("{{\"value\": {}{inner}{}}}", open.repeat(levels), close.repeat(levels))
    };
    stack::large(|| {
        for (open, inner, close) in
            [("[", "1", "]"), (r#"{"a": "#, "1", "}"), ("[", r#"{"$float": "nan"}"#, "]")]
        {
            assert!(dumps(&nested(1000, open, inner, close)).is_some());
            for levels in [options::LEVELS + 2, 100_000] {
                assert_eq!(dumps(&nested(levels, open, inner, close)), None);
            }
        }
        // Each level is parsed from its own text, which takes seconds without optimization.
        assert!(dumps(&nested(options::LEVELS, "[", "", "]")).is_some());
        assert_eq!(dumps(&nested(options::LEVELS + 1, "[", "", "]")), None);
        assert!(dumps(&format!("{{\"value\": {:?}}}", "[".repeat(2 * options::LEVELS))).is_some());
    });
}

#[test]
fn lines_before_a_malformed_one_are_processed() {
    let mut output = Vec::new();
    let input = "{\"value\": 1}\r\n{\"value\": [2]}\n{\"value\": }\n{\"value\": 3}\n";
    let error =
        stream::run(input.as_bytes(), &mut output).expect_err("the third line is malformed");
    assert!(error.to_string().starts_with("input line 3: expected value"), "{error}");
    assert_eq!(output, b"\"1\"\n\"[2]\"\n");
}

#[test]
fn output_is_flushed_before_more_input_is_read() {
    let seen = Rc::new(Cell::new(0));
    let parts: [(&[u8], usize); 3] = [
        (b"{\"value\": 1}\n", 0),
        (b"{\"value\": 2}\n{\"value\": 3}\n{\"val", 1),
        (b"ue\": 4}", 3),
    ];
    let client = Client { parts: parts.into_iter(), seen: Rc::clone(&seen) };
    stream::run(client, LineCounter(Rc::clone(&seen))).expect("all lines can be processed");
    assert_eq!(seen.get(), 4);
}

/// Provides each part of the input once it has seen the given number of lines of output.
struct Client<I> {
    parts: I,
    seen: Rc<Cell<usize>>,
}

impl<'a, I: Iterator<Item = (&'a [u8], usize)>> Read for Client<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((part, answers)) = self.parts.next() else { return Ok(0) };
        assert_eq!(self.seen.get(), answers);
        buffer[..part.len()].copy_from_slice(part);
        Ok(part.len())
    }
}

/// Counts lines of output.
struct LineCounter(Rc<Cell<usize>>);

impl Write for LineCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.0.set(self.0.get() + lines);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
