//! Keys in the form in which Python compares them.

use std::cmp::Ordering;

/// A key before its conversion to a string.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SortKey {
    /// Its range in `SortBuffer::texts`.
    Text {
        begin: usize,
        end: usize,
    },
    /// An integer, or a boolean, which is an integer in Python.
    Integer(i128),
    /// An integer beyond `i128::MAX`.
    Large(u128),
    Float(f64),
    Null,
}

/// 2^127.
const BEYOND_I128: f64 = -(i128::MIN as f64);

impl SortKey {
    /// Whether Python can compare the two.
    pub(super) fn is_comparable_with(self, other: Self) -> bool {
        self.kind() == other.kind()
    }

    fn kind(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Text { .. } => 1,
            Self::Integer(_) | Self::Large(_) | Self::Float(_) => 2,
        }
    }

    /// Compares numbers by their exact values, with NaN last; `texts` is `SortBuffer::texts`.
    pub(super) fn compare(self, other: Self, texts: &[u8]) -> Ordering {
        match (self, other) {
            (Self::Text { begin, end }, Self::Text { begin: from, end: to }) => {
                texts[begin..end].cmp(&texts[from..to])
            }
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            (Self::Large(a), Self::Large(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => {
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
            (Self::Integer(_), Self::Large(_)) => Ordering::Less,
            (Self::Large(_), Self::Integer(_)) => Ordering::Greater,
            (Self::Integer(a), Self::Float(b)) => integer_with_float(a, b),
            (Self::Float(a), Self::Integer(b)) => integer_with_float(b, a).reverse(),
            (Self::Large(a), Self::Float(b)) => large_with_float(a, b),
            (Self::Float(a), Self::Large(b)) => large_with_float(b, a).reverse(),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

fn integer_with_float(integer: i128, float: f64) -> Ordering {
    if float.is_nan() || float >= BEYOND_I128 {
        return Ordering::Less;
    }
    if float < -BEYOND_I128 {
        return Ordering::Greater;
    }
    // The fraction decides if the whole parts are equal.
    integer.cmp(&(float as i128)).then(0.0_f64.total_cmp(&(float.fract() + 0.0)))
}

fn large_with_float(integer: u128, float: f64) -> Ordering {
    if float.is_nan() || float >= 2.0 * BEYOND_I128 {
        return Ordering::Less;
    }
    // Floats above 2^53 have no fraction.
    if float < BEYOND_I128 { Ordering::Greater } else { integer.cmp(&(float as u128)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn in_order(keys: &[SortKey]) {
        for (index, a) in keys.iter().enumerate() {
            for (other, b) in keys.iter().enumerate() {
                assert_eq!(a.compare(*b, b""), index.cmp(&other), "{a:?} with {b:?}");
            }
        }
    }

    #[test]
    fn numbers_are_compared_exactly() {
        in_order(&[
            SortKey::Float(f64::NEG_INFINITY),
            SortKey::Float(-1e300),
            SortKey::Integer(i128::MIN),
            SortKey::Integer(-2),
            SortKey::Float(-1.5),
            SortKey::Integer(-1),
            SortKey::Float(-0.5),
            SortKey::Integer(0),
            SortKey::Float(5e-324),
            SortKey::Integer(1),
            SortKey::Float(9_007_199_254_740_992.0),
            SortKey::Integer(9_007_199_254_740_993),
            SortKey::Integer(i128::MAX),
            SortKey::Float(BEYOND_I128),
            SortKey::Large((1 << 127) + 1),
            SortKey::Large(u128::MAX),
            SortKey::Float(2.0 * BEYOND_I128),
            SortKey::Float(f64::INFINITY),
            SortKey::Float(f64::NAN),
        ]);
    }

    #[test]
    fn equal_numbers_of_different_types_are_equal() {
        for (a, b) in [
            (SortKey::Integer(0), SortKey::Float(-0.0)),
            (SortKey::Integer(i128::MIN), SortKey::Float(-BEYOND_I128)),
            (SortKey::Large(1 << 127), SortKey::Float(BEYOND_I128)),
            (SortKey::Float(0.0), SortKey::Float(-0.0)),
        ] {
            assert_eq!(a.compare(b, b""), Ordering::Equal, "{a:?} with {b:?}");
            assert_eq!(b.compare(a, b""), Ordering::Equal, "{b:?} with {a:?}");
        }
    }
}
