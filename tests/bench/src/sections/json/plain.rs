//! Data sets with one kind of value.

use super::random::Random;
use super::text;

/// The size of a data set of numbers.
const NUMBERS: usize = 100_000;
/// The size of a data set of strings.
const STRINGS: usize = 12_000;

/// Floats of any 64 bits except infinities and NaN.
pub(super) fn any_floats() -> Vec<f64> {
    let mut random = Random::new(1);
    let bits = std::iter::repeat_with(|| f64::from_bits(random.bits()));
    bits.filter(|float| float.is_finite()).take(NUMBERS).collect()
}

/// Seconds, scores, prices and whole numbers; one in eight is very large or small.
pub(super) fn ordinary_floats() -> Vec<f64> {
    let mut random = Random::new(2);
    let one = |random: &mut Random| match random.between(0, 8) {
        0 | 1 => random.unit(),
        2 | 3 => random.between(0, 1_000_000) as f64 / 100.0,
        4 => random.between(0, 10_000) as f64,
        5 => (random.unit() - 0.5) * 1e6,
        6 => -(random.between(0, 100_000) as f64) / 1000.0,
        _ => random.unit() * random.pick(&[1e-9, 1e-5, 1e15, 1e17, 1e22]),
    };
    (0..NUMBERS).map(|_| one(&mut random)).collect()
}

/// Integers of 1 to 19 digits, with about equal shares; one in three is negative.
pub(super) fn integers() -> Vec<i64> {
    let mut random = Random::new(3);
    let one = |random: &mut Random| {
        let number = (random.bits() >> random.between(1, 64)) as i64;
        if random.one_in(3) { -number } else { number }
    };
    (0..NUMBERS).map(|_| one(&mut random)).collect()
}

pub(super) fn ascii() -> Vec<String> {
    strings(4, text::ascii)
}

pub(super) fn with_escapes() -> Vec<String> {
    strings(5, text::with_escapes)
}

/// Japanese text with the lengths of the ASCII words and sentences, in characters.
pub(super) fn cjk() -> Vec<String> {
    strings(6, |random| {
        let characters = text::ascii(random).len() as u64;
        text::japanese(random, characters)
    })
}

fn strings(seed: u64, mut make: impl FnMut(&mut Random) -> String) -> Vec<String> {
    let mut random = Random::new(seed);
    (0..STRINGS).map(|_| make(&mut random)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_values_come_each_time() {
        assert_eq!(any_floats(), any_floats());
        assert_eq!(ordinary_floats(), ordinary_floats());
        assert_eq!(integers(), integers());
        assert_eq!([ascii(), with_escapes(), cjk()], [ascii(), with_escapes(), cjk()]);
    }

    #[test]
    fn integers_have_any_number_of_digits() {
        let mut digits: Vec<usize> =
            integers().iter().map(|number| number.unsigned_abs().to_string().len()).collect();
        digits.sort_unstable();
        digits.dedup();
        assert_eq!(digits, (1..=19).collect::<Vec<_>>());
    }

    #[test]
    fn strings_are_of_their_kind() {
        assert!(ascii().iter().all(|text| text.is_ascii()));
        assert!(cjk().iter().flat_map(|text| text.chars()).all(|it| it.len_utf8() == 3));
        assert!((400_000..1_000_000).contains(&ascii().concat().len()));
    }
}
