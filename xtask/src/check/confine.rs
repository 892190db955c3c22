//! What may be written in some places only: `unsafe`, the ABI's library, what is the binary's alone.

use std::path::Path;

use super::rules::{CONFINED, Confined, Place};
use super::{Finding, Source, code};

/// Finds every confined word outside its places.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let findings = sources.iter().flat_map(|source| {
        let code = code::code(&source.text);
        let found = CONFINED.iter().flat_map(|rule| outside(rule, source, &code));
        found.collect::<Vec<_>>()
    });
    findings.collect()
}

fn outside(rule: &Confined, source: &Source, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in rule.words {
        for line in code::lines_with(code, word) {
            if !rule.places.iter().any(|(place, _)| place.holds(&source.path, code, line)) {
                findings.push(rule.finding(source, line, word));
            }
        }
    }
    findings
}

impl Confined {
    fn finding(&self, source: &Source, line: usize, word: &str) -> Finding {
        Finding {
            file: source.path.clone(),
            line: Some(line),
            rule: self.rule,
            found: format!("`{word}` may not stand here"),
            remedy: self.remedy.to_owned(),
        }
    }
}

impl Place {
    /// Whether `line` of the file at `path` is in this place.
    fn holds(&self, path: &Path, code: &str, line: usize) -> bool {
        match self {
            Place::Under(prefix) => path.to_str().is_some_and(|path| path.starts_with(prefix)),
            Place::Folder(name) => path.parent().is_some_and(|folder| has_part(folder, name)),
            Place::Module(name) => {
                has_part(&path.with_extension(""), name)
                    || code::module_lines(code, name).iter().any(|lines| lines.contains(&line))
            }
        }
    }
}

fn has_part(path: &Path, name: &str) -> bool {
    path.components().any(|part| part.as_os_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &[(&str, usize)]) {
        let findings = check(&[Source { path: path.into(), text: text.to_owned() }]);
        let found: Vec<_> =
            findings.iter().map(|finding| (finding.rule, finding.line.unwrap())).collect();
        assert_eq!(found, expected, "{path}: {text:?}");
    }

    #[test]
    fn unsafe_code_has_its_places() {
        let text = "fn f() {\n    unsafe { g() }\n}";
        finds("crates/service/src/runs.rs", text, &[("unsafe", 2)]);
        finds("crates/plugin/src/context.rs", text, &[("unsafe", 2)]);
        finds("crates/loader/src/open.rs", text, &[]);
        finds("crates/watchdog/src/imp.rs", text, &[]);
        finds("crates/watchdog/src/imp/linux.rs", text, &[]);
    }

    #[test]
    fn unsafe_code_may_stand_within_imp_and_not_beside_it() {
        let text = "mod imp {\n    unsafe fn f() {}\n}\nunsafe fn g() {}";
        finds("crates/watchdog/src/lib.rs", text, &[("unsafe", 4)]);
    }

    #[test]
    fn the_abi_library_is_known_to_few() {
        finds(
            "crates/service/src/lib.rs",
            "use abi_stable::std_types::RVec;",
            &[("abi-library", 1)],
        );
        finds("crates/abi/src/lib.rs", "use abi_stable::std_types::RVec;", &[]);
    }

    #[test]
    fn json_is_written_by_one_encoder() {
        let text = "fn f() {\n    serde_json::to_vec(&1);\n}\nmod tests {\n    use serde_json::to_string;\n}";
        finds("crates/service/src/runs.rs", text, &[("one-encoder", 2)]);
        finds("crates/service/src/runs/tests.rs", text, &[]);
        finds("crates/host/src/client.rs", text, &[]);
        finds("bins/universal-worker/src/list.rs", "serde_json::from_slice(b\"1\");", &[]);
    }

    #[test]
    fn libraries_neither_print_nor_exit() {
        let text = "fn f() {\n    println!();\n    std::process::exit(1)\n}";
        finds("crates/host/src/spawn.rs", text, &[("only-the-binary", 2), ("only-the-binary", 3)]);
        finds("crates/host/examples/demo.rs", text, &[]);
        finds("bins/universal-worker/src/main.rs", text, &[]);
    }
}
