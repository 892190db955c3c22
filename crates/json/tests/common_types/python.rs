//! Texts of CPython.

use std::process::Command;

/// Writes each expression to a line, as compact as `Encoder::compact`.
const DUMP: &str = r#"
import json, sys
sys.stdout.reconfigure(encoding="utf-8")
for expression in sys.argv[1:]:
    print(json.dumps(eval(expression), separators=(",", ":"), ensure_ascii=False))
"#;

/// `json.dumps` of each of the expressions.
pub(crate) fn dumps(prelude: &str, expressions: &[&str]) -> Vec<String> {
    let script = format!("{prelude}\n{DUMP}");
    // UTF-8 arguments in any locale.
    let output =
        Command::new("python3").args(["-X", "utf8", "-c", &script]).args(expressions).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(ToOwned::to_owned).collect()
}
