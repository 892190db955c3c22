//! Checks which crates of the workspace may depend on which.

use super::Violation;
use super::rules::{ABI_LIBRARY, ABI_PACKAGES, ARROWS, TEST_ONLY};
use crate::workspace::{Dependency, Kind, Package};

/// Finds dependencies that are not in the table, and packages without a row.
pub(super) fn check(packages: &[Package]) -> Vec<Violation> {
    packages.iter().flat_map(|package| check_package(package, packages)).collect()
}

fn check_package(package: &Package, packages: &[Package]) -> Vec<Violation> {
    let name = short(&package.name);
    let Some((_, arrows)) = ARROWS.iter().find(|(row, _)| *row == name) else {
        let message = format!("`{name}` has no row in the table of arrows");
        let remedy = "decide what it may depend on, in xtask/src/check/rules.rs";
        return vec![violation(package, message, remedy)];
    };
    let mut violations = Vec::new();
    for dependency in &package.dependencies {
        let on = short(&dependency.name);
        if packages.iter().any(|member| member.name == dependency.name)
            && !allowed(name, dependency, arrows)
        {
            let message = format!("`{name}` may not depend on `{on}`");
            violations.push(violation(package, message, &remedy(arrows)));
        }
        if on == ABI_LIBRARY && !ABI_PACKAGES.contains(&name) {
            let message = format!("`{name}` may not depend on `{ABI_LIBRARY}`");
            violations.push(violation(package, message, "use what `abi` exports"));
        }
    }
    violations
}

/// The name of a package in the table.
fn short(name: &str) -> &str {
    name.strip_prefix("universal-worker-").unwrap_or(name)
}

fn allowed(name: &str, dependency: &Dependency, arrows: &[&str]) -> bool {
    let on = short(&dependency.name);
    arrows.contains(&on)
        || (dependency.kind == Kind::Dev && (TEST_ONLY.contains(&on) || on == name))
}

fn remedy(arrows: &[&str]) -> String {
    let allowed =
        if arrows.is_empty() { "no crate of the workspace".to_owned() } else { arrows.join(", ") };
    format!("it may depend on {allowed}: move the code, or pass it in from above")
}

fn violation(package: &Package, message: String, remedy: &str) -> Violation {
    let file = package.manifest.clone();
    Violation { file, line: None, rule: "arrows", message, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind });
        Package {
            name: name.to_owned(),
            manifest: "Cargo.toml".into(),
            rust_version: None,
            dependencies: dependencies.collect(),
        }
    }

    /// Checks a workspace where `name` depends on `dependency`, a member unless it is abi_stable.
    #[track_caller]
    fn finds(name: &str, dependency: &str, kind: Kind, expected: &[&str]) {
        let mut packages = vec![package(name, &[(dependency, kind)])];
        if dependency != ABI_LIBRARY {
            packages.push(package(dependency, &[]));
        }
        let found: Vec<_> = check(&packages).into_iter().map(|found| found.message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_arrow_of_the_table_is_allowed() {
        finds("universal-worker-plugin", "universal-worker-abi", Kind::Normal, &[]);
    }

    #[test]
    fn the_service_may_not_depend_on_the_loader() {
        let expected = ["`service` may not depend on `loader`"];
        for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
            finds("universal-worker-service", "universal-worker-loader", kind, &expected);
        }
    }

    #[test]
    fn plugins_are_dev_dependencies_only() {
        finds("universal-worker-service", "hello", Kind::Dev, &[]);
        let expected = ["`service` may not depend on `hello`"];
        finds("universal-worker-service", "hello", Kind::Normal, &expected);
    }

    #[test]
    fn few_crates_may_depend_on_the_abi_library() {
        finds("universal-worker-loader", ABI_LIBRARY, Kind::Normal, &[]);
        let expected = ["`host` may not depend on `abi_stable`"];
        finds("universal-worker-host", ABI_LIBRARY, Kind::Normal, &expected);
    }

    #[test]
    fn an_external_crate_with_the_name_of_a_row_is_no_arrow() {
        let packages = [package("universal-worker-loader", &[("json", Kind::Normal)])];
        assert!(check(&packages).is_empty());
    }

    #[test]
    fn every_crate_needs_a_row() {
        let violations = check(&[package("newcomer", &[])]);
        let found: Vec<_> = violations.into_iter().map(|found| found.message).collect();
        assert_eq!(found, ["`newcomer` has no row in the table of arrows"]);
    }
}
