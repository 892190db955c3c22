//! Output methods.

use std::cell::Cell;
use std::io;

use serde::{Serialize, Serializer};
use universal_worker_json::{BytesFormat, Encoder};

use crate::Bytes;

/// A sequence of generated numbers.
struct Numbers(u64);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(0..self.0)
    }
}

/// Counts the bytes written, and the largest single write.
#[derive(Default)]
struct Counter {
    bytes: Cell<usize>,
    largest: Cell<usize>,
}

impl io::Write for &Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.set(self.bytes.get() + bytes.len());
        self.largest.set(self.largest.get().max(bytes.len()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[track_caller]
fn streams<T: Serialize>(encoder: &Encoder, value: &T) {
    let counter = Counter::default();
    encoder.to_writer(value, &counter).expect("the counter accepts everything");
    let text = encoder.to_vec(value).expect("the value can be written");
    assert_eq!(counter.bytes.get(), text.len());
    assert!(counter.largest.get() < 200_000, "{} bytes at once", counter.largest.get());
}

#[test]
fn a_writer_gets_chunks_of_some_kilobytes() {
    streams(&Encoder::compact(), &Numbers(500_000));
    streams(&Encoder::python().indent(2), &(1, Numbers(500_000)));
    // A string whose escapes are six times its length.
    streams(&Encoder::python(), &"\u{1}é😀".repeat(200_000));
    // Only objects are buffered for sorting.
    streams(&Encoder::python().sort_keys(true), &Numbers(500_000));
}

#[test]
fn all_output_methods_write_the_same() {
    let value = (Numbers(20_000), "é\n".repeat(20_000), [("a", 1.5)]);
    for encoder in [
        Encoder::compact(),
        Encoder::python(),
        Encoder::python().indent("\t"),
        Encoder::python().sort_keys(true).ensure_ascii(false),
    ] {
        let text = encoder.to_string(&value).unwrap();
        assert_eq!(encoder.to_vec(&value).unwrap(), text.as_bytes());
        let mut buffer = Vec::with_capacity(7);
        encoder.encode_into(&value, &mut buffer).unwrap();
        assert_eq!(buffer, text.as_bytes());
        let mut written = Vec::new();
        encoder.to_writer(&value, &mut written).unwrap();
        assert_eq!(written, text.as_bytes());
    }
}

#[test]
fn bytes_follow_the_option() {
    for (format, expected) in
        [(BytesFormat::Array, "[102,111,0]"), (BytesFormat::Base64, "\"Zm8A\"")]
    {
        assert_eq!(Encoder::compact().bytes(format).to_string(&Bytes(b"fo\0")).unwrap(), expected);
    }
    assert!(Encoder::compact().bytes(BytesFormat::Reject).to_string(&Bytes(b"")).is_err());
}

#[test]
fn the_order_of_option_calls_does_not_matter() {
    let value = [[1, 2]];
    let before = Encoder::python().separators(", ", ":").indent(0);
    let after = Encoder::python().indent(0).separators(", ", ":");
    assert_eq!(before.to_string(&value).unwrap(), "[\n[\n1, \n2\n]\n]");
    assert_eq!(after.to_string(&value).unwrap(), before.to_string(&value).unwrap());
    assert_eq!(before.indent(None::<u16>).to_string(&value).unwrap(), "[[1, 2]]");
}

#[test]
fn long_values_reach_a_writer_in_chunks() {
    struct Displayed(usize);
    impl Serialize for Displayed {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let pieces = std::iter::repeat_n("é 16 bytes long", self.0);
            serializer.collect_str(&Pieces(Cell::new(Some(pieces))))
        }
    }
    let raw = format!("[{}1]", "1, ".repeat(200_000));
    streams(&Encoder::python(), &Displayed(50_000));
    streams(&Encoder::python(), &universal_worker_json::Raw(&raw));
    let bytes = Encoder::compact().bytes(BytesFormat::Base64);
    streams(&bytes, &Bytes(&[7; 1_000_000]));
    assert_eq!(bytes.to_vec(&Bytes(&[7; 1_000_000])).unwrap().len(), 1_333_336 + 2);
}

/// Displays its pieces in order.
struct Pieces<I>(Cell<Option<I>>);

impl<I: Iterator<Item = &'static str> + Clone> std::fmt::Display for Pieces<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.take().into_iter().flatten().try_for_each(|piece| f.write_str(piece))
    }
}

#[test]
fn a_short_text_allocates_little() {
    for encoder in [Encoder::python(), Encoder::compact()] {
        assert!(encoder.to_vec("é").unwrap().capacity() <= 128);
    }
    let mut lines = Vec::with_capacity(1 << 20);
    for _ in 0..1000 {
        Encoder::compact().encode_into(&[1.5], &mut lines).unwrap();
    }
    assert_eq!(lines.len(), 5000);
}
