//! Checks what the documentation says about Python.
//!
//! A line of a doc test or test that ends in a Python expression is a claim:
//!
//! ```text
//! assert_eq!(python.to_string("é")?, r#""\u00e9""#); // json.dumps("é")
//! assert!(strict.to_string(&f64::NAN).is_err()); // json.dumps(nan, allow_nan=False) raises ValueError
//! ```

#![allow(clippy::disallowed_methods, reason = "compares with what serde_json writes")]

#[path = "python_docs/claim.rs"]
mod claim;
#[path = "python_docs/literal.rs"]
mod literal;
#[path = "support/python.rs"]
mod python;

use std::fs;
use std::path::{Path, PathBuf};

use claim::Claim;
use serde_json::Value;

/// Minimum number of claims, so that a change of their form is noticed.
const MINIMUM: usize = 25;

#[test]
fn claims_about_python_are_true() {
    let (claims, mut wrong) = claims();
    let expressions: Vec<&str> =
        claims.iter().map(|(_, claim)| claim.expression.as_str()).collect();
    let input = serde_json::to_string(&expressions).expect("strings are JSON");
    let output = python::run("python_docs.py", &[""; 0], &input);
    let results: Vec<Value> = serde_json::from_str(&output).expect("the script writes a list");
    assert_eq!(results.len(), claims.len());
    for ((place, claim), result) in claims.iter().zip(&results) {
        wrong.extend(claim.refuted_by(result).map(|why| format!("{place}: {why}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!((MINIMUM..).contains(&claims.len()), "only {} claims were found", claims.len());
}

/// All claims and malformed claims, with their file and line.
fn claims() -> (Vec<(String, Claim)>, Vec<String>) {
    let (mut claims, mut wrong) = (Vec::new(), Vec::new());
    for file in documented() {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        for (index, line) in text.lines().enumerate() {
            let place = format!("{}:{}", file.display(), index + 1);
            match claim::find(line) {
                Ok(found) => claims.extend(found.map(|claim| (place, claim))),
                Err(why) => wrong.push(format!("{place}: {why}")),
            }
        }
    }
    (claims, wrong)
}

/// The sources of the crate, and its README.
fn documented() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    files.retain(|file| file.exists());
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
