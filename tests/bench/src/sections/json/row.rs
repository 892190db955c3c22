//! One data set, checked and measured.

use std::error::Error;
use std::hint::black_box;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use universal_worker_json::Encoder;

use super::cpython::Outcome;
use super::cpython::Python;
use super::turns::Contender;
use super::turns::Turns;
use super::turns::contender;
use super::turns::take_turns;

/// The places of the contenders in [`Row::turns`] and [`Row::bytes`].
pub(super) const SERDE_JSON: usize = 0;
pub(super) const COMPACT: usize = 1;
pub(super) const PYTHON: usize = 2;

pub(super) struct Row {
    pub(super) name: &'static str,
    /// How many scalars, arrays and objects there are.
    pub(super) values: usize,
    /// How long the text of each contender is.
    pub(super) bytes: [usize; 3],
    /// Into a buffer that is used again.
    pub(super) turns: Turns<3>,
    pub(super) cpython: Outcome,
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
        let told = |error: Box<dyn Error>| format!("{name}: {error}");
        let bytes = checked(value).map_err(told)?;
        let json = serde_json::to_vec(value)?;
        let values = count(&serde_json::from_slice(&json)?);
        let turns = measured(value);
        let cpython = python
            .map_or(Ok(Outcome::None), |python| compared(value, &json, python))
            .map_err(told)?;
        Ok(Self { name, values, bytes, turns, cpython })
    }

    /// Nanoseconds for each value: the median and the best.
    pub(super) fn a_value(&self, contender: usize) -> (f64, f64) {
        let values = self.values as f64;
        (self.turns.median(contender) / values, self.turns.best(contender) / values)
    }

    /// Megabytes a second, of the text that the contender itself writes.
    pub(super) fn rate(&self, contender: usize) -> f64 {
        self.bytes[contender] as f64 * 1e3 / self.turns.median(contender)
    }
}

/// How long the texts are; an error where they do not read back as the value.
fn checked<T>(value: &T) -> Result<[usize; 3], Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let mut lengths = [serde_json::to_vec(value)?.len(), 0, 0];
    for (contender, encoder) in [(COMPACT, Encoder::compact()), (PYTHON, Encoder::python())] {
        let text = encoder.to_vec(value)?;
        if serde_json::from_slice::<T>(&text)? != *value {
            return Err(format!("{encoder:?} writes what reads back as another value").into());
        }
        let mut appended = b"before".to_vec();
        encoder.encode_into(value, &mut appended)?;
        if appended.strip_prefix(b"before") != Some(&text[..]) {
            return Err(format!("{encoder:?} appends another text than it returns").into());
        }
        lengths[contender] = text.len();
    }
    Ok(lengths)
}

fn measured<T: Serialize>(value: &T) -> Turns<3> {
    let mut buffer = Vec::new();
    let serde_json = contender(move || {
        buffer.clear();
        drop(black_box(serde_json::to_writer(&mut buffer, black_box(value))));
        black_box(&buffer);
    });
    take_turns([serde_json, ours(value, Encoder::compact), ours(value, Encoder::python)])
}

/// Makes its encoder for each call, as our crates do, and so lets the compiler know the options.
fn ours<'a, T: Serialize>(value: &'a T, encoder: impl Fn() -> Encoder + 'a) -> Contender<'a> {
    let mut buffer = Vec::new();
    contender(move || {
        buffer.clear();
        drop(black_box(encoder().encode_into(black_box(value), &mut buffer)));
        black_box(&buffer);
    })
}

/// The same in Python, whose texts must be ours.
fn compared<T: Serialize>(
    value: &T,
    json: &[u8],
    python: &Python,
) -> Result<Outcome, Box<dyn Error>> {
    let dumps = python.dumps(json)?;
    let default = ("python()", Encoder::python());
    let compact = Encoder::python().ensure_ascii(false).separators(",", ":");
    let compact = ("python() with compact options", compact);
    for (dumps, (form, encoder)) in dumps.iter().zip([default, compact]) {
        if let Err(difference) = dumps.expect(&encoder.to_vec(value)?) {
            return Ok(Outcome::Differs(format!("{form} {difference}")));
        }
    }
    Ok(Outcome::Same(dumps))
}

/// How many scalars, arrays and objects there are; keys are none.
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
    fn scalars_and_containers_count_and_keys_do_not() {
        assert_eq!(count(&serde_json::json!({ "a": [1, null, "b"], "c": {} })), 6);
    }
}
