//! Checks the `rust-version` in each package's manifest.

use super::Violation;
use crate::workspace::{Kind, Package};

const RULE: &str = "rust-version";

/// Finds packages without a `rust-version`, and those with a lower one than their dependencies.
pub(super) fn check(packages: &[Package]) -> Vec<Violation> {
    packages.iter().filter_map(|package| check_package(package, packages)).collect()
}

fn check_package(package: &Package, packages: &[Package]) -> Option<Violation> {
    let Some(declared) = &package.rust_version else {
        return Some(violation(package, "no `rust-version`".into(), "add `rust-version`"));
    };
    let newer =
        package.dependencies.iter().filter(|dependency| dependency.kind != Kind::Dev).find_map(
            |dependency| {
                let member = packages.iter().find(|member| member.name == dependency.name)?;
                let needed = member.rust_version.as_deref()?;
                (numbers(needed) > numbers(declared))
                    .then(|| format!("`{}` needs {needed}", member.name))
            },
        )?;
    let message = format!("`rust-version` is {declared}, but {newer}");
    Some(violation(package, message, "raise it, or lower that of the dependency"))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

fn violation(package: &Package, message: String, remedy: &str) -> Violation {
    Violation {
        file: package.manifest.clone(),
        line: None,
        rule: RULE,
        message,
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
        let found: Vec<_> = check(packages).into_iter().map(|found| found.message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_package_needs_a_rust_version() {
        finds(&[package("a", None, None)], &["no `rust-version`"]);
    }

    #[test]
    fn a_package_needs_at_least_the_version_of_its_dependencies() {
        let old = package("old", Some("1.85"), Some("new"));
        let new = package("new", Some("1.95.1"), None);
        finds(&[old, new], &["`rust-version` is 1.85, but `new` needs 1.95.1"]);
    }

    #[test]
    fn a_newer_version_than_a_dependency_is_fine() {
        finds(
            &[package("new", Some("1.95"), Some("old")), package("old", Some("1.85"), None)],
            &[],
        );
    }
}
