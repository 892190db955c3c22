//! Bearer tokens.

use std::fmt;
use std::hint::black_box;

use http::{HeaderMap, header};

/// The token that requests must have.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn new(token: String) -> Self {
        Self(token)
    }

    /// Whether a request has exactly one `Authorization`, with this token.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let value = value.as_bytes();
        let Some((scheme, token)) = value.split_at_checked(SCHEME.len()) else { return false };
        scheme.eq_ignore_ascii_case(SCHEME.as_bytes())
            && token.starts_with(b" ")
            && is_equal(token.trim_ascii_start(), self.0.as_bytes())
    }
}

const SCHEME: &str = "Bearer";

/// Compares in a time that depends on the lengths only, so that a client cannot find the token byte
/// by byte.
///
/// The black box keeps the compiler from leaving the loop at the first difference.
fn is_equal(one: &[u8], two: &[u8]) -> bool {
    let differences = one.iter().zip(two).fold(0, |found, (a, b)| black_box(found | (a ^ b)));
    one.len() == two.len() && differences == 0
}

/// Without the token, which must not reach a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_admitted(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        Token::new("c2VjcmV0".to_owned()).is_in(&headers)
    }

    #[test]
    fn exactly_one_header_with_the_token_is_needed() {
        for right in ["Bearer c2VjcmV0", "bearer c2VjcmV0", "BEARER  c2VjcmV0"] {
            assert!(is_admitted(&[right]), "{right}");
        }
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "c2VjcmV0",
            "Bearerc2VjcmV0",
            "Basic c2VjcmV0",
            "Bearer C2VjcmV0",
            "Bearer c2VjcmV",
            "Bearer c2VjcmV0x",
            "Bearer c2VjcmV0 x",
        ] {
            assert!(!is_admitted(&[wrong]), "{wrong}");
        }
        assert!(!is_admitted(&[]));
        assert!(!is_admitted(&["Bearer c2VjcmV0", "Bearer c2VjcmV0"]));
    }

    #[test]
    fn debug_output_hides_the_token() {
        let access = crate::Access::loopback().require_token("c2VjcmV0");
        assert!(!format!("{access:?}").contains("c2VjcmV0"));
    }
}
