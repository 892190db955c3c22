//! What each package's manifest must say.

use super::Finding;
use crate::workspace::{Kind, Package};

const RULE: &str = "rust-version";

/// Finds packages that promise no oldest compiler, and those that promise an older one than what they build on.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter_map(|package| of_package(package, packages)).collect()
}

fn of_package(package: &Package, packages: &[Package]) -> Option<Finding> {
    let Some(promised) = &package.rust_version else {
        return Some(finding(package, "no `rust-version`".into(), "add `rust-version`"));
    };
    let newer = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != Kind::Dev)
        .find_map(|dependency| {
            let ours = packages.iter().find(|other| other.name == dependency.name)?;
            let needed = ours.rust_version.as_deref()?;
            (numbers(needed) > numbers(promised)).then(|| format!("`{}` needs {needed}", ours.name))
        })?;
    let found = format!("`rust-version` is {promised}, but {newer}");
    Some(finding(package, found, "raise it, or lower that of the dependency"))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

fn finding(package: &Package, found: String, remedy: &str) -> Finding {
    Finding {
        file: package.manifest.clone(),
        line: None,
        rule: RULE,
        found,
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, rust_version: Option<&str>, dependency: Option<&str>) -> Package {
        let dependency =
            dependency.map(|name| Dependency { name: name.to_owned(), kind: Kind::Normal });
        Package {
            name: name.to_owned(),
            manifest: "Cargo.toml".into(),
            rust_version: rust_version.map(str::to_owned),
            dependencies: dependency.into_iter().collect(),
        }
    }

    #[track_caller]
    fn finds(packages: &[Package], expected: &[&str]) {
        let found: Vec<_> = check(packages).into_iter().map(|finding| finding.found).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_promise_must_be_there() {
        finds(&[package("a", None, None)], &["no `rust-version`"]);
    }

    #[test]
    fn a_promise_is_no_older_than_that_of_a_dependency() {
        let old = package("old", Some("1.85"), Some("new"));
        let new = package("new", Some("1.95.1"), None);
        finds(&[old, new], &["`rust-version` is 1.85, but `new` needs 1.95.1"]);
    }

    #[test]
    fn a_newer_promise_than_a_dependency_is_fine() {
        finds(
            &[package("new", Some("1.95"), Some("old")), package("old", Some("1.85"), None)],
            &[],
        );
    }
}
