//! Checks and measures the encoders with one data set.

use std::error::Error;
use std::hint::black_box;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use universal_worker_json::Encoder;

use super::cpython::{Comparison, Python};
use super::turns::{Contender, Turns, contender, take_turns};

/// The indexes of the contenders in [`Row::turns`] and [`Row::bytes`].
pub(super) const SERDE_JSON: usize = 0;
pub(super) const COMPACT: usize = 1;
pub(super) const PYTHON: usize = 2;

pub(super) struct Row {
    pub(super) name: &'static str,
    /// The number of scalars, arrays and objects.
    pub(super) values: usize,
    /// The length of each contender's text.
    pub(super) bytes: [usize; 3],
    /// The times of encoding into a reused buffer.
    pub(super) turns: Turns<3>,
    pub(super) cpython: Comparison,
}

impl Row {
    pub(super) fn measure<T>(
        name: &'static str,
        value: &T,
        python: Option<&Python>,
    ) -> Result<Self, Box<dyn Error>>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let with_name = |error: Box<dyn Error>| format!("{name}: {error}");
        let bytes = check(value).map_err(with_name)?;
        let json = serde_json::to_vec(value)?;
        let values = count(&serde_json::from_slice(&json)?);
        let turns = measure(value);
        let cpython = python
            .map_or(Ok(Comparison::None), |python| compare(value, &json, python))
            .map_err(with_name)?;
        Ok(Self { name, values, bytes, turns, cpython })
    }

    /// Nanoseconds per value: the median and the best.
    pub(super) fn per_value(&self, contender: usize) -> (f64, f64) {
        let values = self.values as f64;
        (self.turns.median(contender) / values, self.turns.best(contender) / values)
    }

    /// Megabytes per second, of the contender's own text.
    pub(super) fn rate(&self, contender: usize) -> f64 {
        self.bytes[contender] as f64 * 1e3 / self.turns.median(contender)
    }
}

/// The lengths of the texts; an error if one does not parse to the same value.
fn check<T>(value: &T) -> Result<[usize; 3], Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let mut lengths = [serde_json::to_vec(value)?.len(), 0, 0];
    for (contender, encoder) in [(COMPACT, Encoder::compact()), (PYTHON, Encoder::python())] {
        let text = encoder.to_vec(value)?;
        if serde_json::from_slice::<T>(&text)? != *value {
            return Err(format!("the text of {encoder:?} parses to another value").into());
        }
        let mut appended = b"before".to_vec();
        encoder.encode_into(value, &mut appended)?;
        if appended.strip_prefix(b"before") != Some(&text[..]) {
            return Err(format!("{encoder:?} appends other text than it returns").into());
        }
        lengths[contender] = text.len();
    }
    Ok(lengths)
}

fn measure<T: Serialize>(value: &T) -> Turns<3> {
    let mut buffer = Vec::new();
    let serde_json = contender(move || {
        buffer.clear();
        drop(black_box(serde_json::to_writer(&mut buffer, black_box(value))));
        black_box(&buffer);
    });
    take_turns([serde_json, encode(value, Encoder::compact), encode(value, Encoder::python)])
}

/// Creates its encoder in each call, like the other crates, so that the compiler knows the options.
fn encode<'a, T: Serialize>(value: &'a T, encoder: impl Fn() -> Encoder + 'a) -> Contender<'a> {
    let mut buffer = Vec::new();
    contender(move || {
        buffer.clear();
        drop(black_box(encoder().encode_into(black_box(value), &mut buffer)));
        black_box(&buffer);
    })
}

/// Measures CPython, which must write the same texts.
fn compare<T: Serialize>(
    value: &T,
    json: &[u8],
    python: &Python,
) -> Result<Comparison, Box<dyn Error>> {
    let dumps = python.dumps(json)?;
    let default = ("python()", Encoder::python());
    let compact = Encoder::python().ensure_ascii(false).separators(",", ":");
    let compact = ("python() with compact options", compact);
    for (dumps, (form, encoder)) in dumps.iter().zip([default, compact]) {
        if let Err(difference) = dumps.expect(&encoder.to_vec(value)?) {
            return Ok(Comparison::Differs(format!("{form} {difference}")));
        }
    }
    Ok(Comparison::Same(dumps))
}

/// The number of scalars, arrays and objects; keys do not count.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_count_as_values() {
        assert_eq!(count(&serde_json::json!({ "a": [1, null, "b"], "c": {} })), 6);
    }
}
