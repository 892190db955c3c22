//! Lines that say what Python does.

use serde_json::Value;

use crate::literal;

/// Beginnings of comments that are claims.
const EXPRESSIONS: [&str; 2] = ["// json.dumps(", "// JSONEncoder("];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// In Python.
    pub(crate) expression: String,
    expected: Expected,
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Text(String),
    /// The name of a class.
    Raises(String),
}

impl Claim {
    /// Why the claim is wrong, given the script's result for its expression; `None` if it is right.
    pub(crate) fn refuted_by(&self, result: &Value) -> Option<String> {
        let right = match &self.expected {
            Expected::Text(text) => result["text"] == **text,
            Expected::Raises(class) => result["raises"]
                .as_array()
                .is_some_and(|classes| classes.contains(&(**class).into())),
        };
        (!right).then(|| {
            format!("{} is {result} in Python, and not {:?}", self.expression, self.expected)
        })
    }
}

/// The claim in a line of Rust or of a doc comment.
///
/// # Errors
/// If the line has the comment of a claim, but no matching assertion.
pub(crate) fn find(line: &str) -> Result<Option<Claim>, String> {
    let line = line.trim_start();
    let line = ["///", "//!"].iter().find_map(|doc| line.strip_prefix(doc)).unwrap_or(line);
    let Some(at) = EXPRESSIONS.iter().filter_map(|start| line.find(start)).min() else {
        return Ok(None);
    };
    let (code, comment) = line.split_at(at);
    let code = code.trim();
    let expression = comment.trim_start_matches("// ").trim_end();
    if code.is_empty() {
        return Ok(None);
    }
    let claim = match expression.rsplit_once(" raises ") {
        Some((expression, class)) => raises(code, expression, class),
        None => text(code, expression),
    };
    claim.map(Some).ok_or_else(|| format!("`{code}` does not assert what `{expression}` is"))
}

fn raises(code: &str, expression: &str, class: &str) -> Option<Claim> {
    code.strip_prefix("assert!(")?.strip_suffix(".is_err());")?;
    Some(Claim { expression: expression.to_owned(), expected: Expected::Raises(class.to_owned()) })
}

fn text(code: &str, expression: &str) -> Option<Claim> {
    let arguments = code.strip_prefix("assert_eq!(")?.strip_suffix(");")?;
    let text = literal::last_argument(arguments)?;
    Some(Claim { expression: expression.to_owned(), expected: Expected::Text(text) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn found(line: &str) -> Claim {
        find(line).unwrap().unwrap()
    }

    #[test]
    fn assert_eq_claims_a_text() {
        let expected = |text: &str| Claim {
            expression: r#"json.dumps("é")"#.to_owned(),
            expected: Expected::Text(text.to_owned()),
        };
        let line =
            r##"    //! assert_eq!(python.to_string("é")?, r#""\u00e9""#); // json.dumps("é")"##;
        assert_eq!(found(line), expected(r#""\u00e9""#));
        let line = r#"assert_eq!(f(&["a", "b"])?, "\"a\", \u{e9}\n"); // json.dumps("é")"#;
        assert_eq!(found(line), expected("\"a\", é\n"));
    }

    #[test]
    fn is_err_claims_an_exception() {
        let line = "/// assert!(e.to_string(&x).is_err()); // json.dumps(nan, allow_nan=False) raises ValueError";
        let claim = found(line);
        assert_eq!(claim.expression, "json.dumps(nan, allow_nan=False)");
        assert_eq!(claim.expected, Expected::Raises("ValueError".to_owned()));
    }

    #[test]
    fn a_json_encoder_is_an_expression() {
        let claim =
            found(r#"/// assert_eq!(e.to_string(&1)?, "1"); // JSONEncoder(indent=2).encode(1)"#);
        assert_eq!(claim.expression, "JSONEncoder(indent=2).encode(1)");
    }

    #[test]
    fn other_lines_are_no_claims() {
        for line in
            ["", "// json.dumps(1)", "/// As `json.dumps(1)`.", "let x = 1; // as json.dumps"]
        {
            assert_eq!(find(line), Ok(None), "{line}");
        }
    }

    #[test]
    fn a_claim_without_its_assertion_is_an_error() {
        for line in [
            "/// ); // json.dumps(1)",
            "let x = 1; // json.dumps(1)",
            "assert_eq!(a, b); // json.dumps(1)",
            r#"assert_eq!(a, "1"); // json.dumps(1) raises ValueError"#,
            "assert!(a.is_err()); // json.dumps(1)",
        ] {
            assert!(find(line).is_err(), "{line}");
        }
    }

    #[test]
    fn only_the_same_text_confirms_a_claim() {
        let claim = found(r#"assert_eq!(a, "1"); // json.dumps(1)"#);
        assert_eq!(claim.refuted_by(&json!({"text": "1"})), None);
        for result in [json!({"text": "2"}), json!({"text": 1}), json!({"raises": ["ValueError"]})]
        {
            assert!(claim.refuted_by(&result).is_some(), "{result}");
        }
    }

    #[test]
    fn only_the_class_or_a_subclass_confirms_a_claim() {
        let claim = found("assert!(a.is_err()); // json.dumps(1) raises ValueError");
        assert_eq!(claim.refuted_by(&json!({"raises": ["UnicodeError", "ValueError"]})), None);
        for result in [json!({"text": "1"}), json!({"raises": ["TypeError"]})] {
            assert!(claim.refuted_by(&result).is_some(), "{result}");
        }
    }
}
