//! Which crate of ours may know which.

use super::Finding;
use super::rules::{ABI_LIBRARY, ABI_PACKAGES, ARROWS, FOR_TESTS};
use crate::workspace::{Dependency, Kind, Package};

/// Finds every dependency that the table does not have, and every package that it does not know.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(|package| of_package(package, packages)).collect()
}

fn of_package(package: &Package, packages: &[Package]) -> Vec<Finding> {
    let name = short(&package.name);
    let Some((_, arrows)) = ARROWS.iter().find(|(row, _)| *row == name) else {
        let found = format!("`{name}` has no row in the table of arrows");
        return vec![finding(
            package,
            found,
            "decide what it may depend on, in xtask/src/check/rules.rs",
        )];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let on = short(&dependency.name);
        if packages.iter().any(|ours| ours.name == dependency.name)
            && !allowed(name, dependency, arrows)
        {
            findings.push(finding(
                package,
                format!("`{name}` may not depend on `{on}`"),
                &remedy(arrows),
            ));
        }
        if on == ABI_LIBRARY && !ABI_PACKAGES.contains(&name) {
            let found = format!("`{name}` may not depend on `{ABI_LIBRARY}`");
            findings.push(finding(package, found, "use what `abi` exports"));
        }
    }
    findings
}

/// A package's name as the table has it.
fn short(name: &str) -> &str {
    name.strip_prefix("universal-worker-").unwrap_or(name)
}

fn allowed(name: &str, dependency: &Dependency, arrows: &[&str]) -> bool {
    let on = short(&dependency.name);
    arrows.contains(&on)
        || (dependency.kind == Kind::Dev && (FOR_TESTS.contains(&on) || on == name))
}

fn remedy(arrows: &[&str]) -> String {
    let allowed = if arrows.is_empty() { "none of ours".to_owned() } else { arrows.join(", ") };
    format!("it may depend on {allowed}: move what it needs, or hand it in from above")
}

fn finding(package: &Package, found: String, remedy: &str) -> Finding {
    let file = package.manifest.clone();
    Finding { file, line: None, rule: "arrows", found, remedy: remedy.to_owned() }
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

    /// Checks a workspace in which `name` depends on `dependency`, which is a member unless it is abi_stable.
    #[track_caller]
    fn finds(name: &str, dependency: &str, kind: Kind, expected: &[&str]) {
        let mut packages = vec![package(name, &[(dependency, kind)])];
        if dependency != ABI_LIBRARY {
            packages.push(package(dependency, &[]));
        }
        let found: Vec<_> = check(&packages).into_iter().map(|finding| finding.found).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_arrow_of_the_table_is_allowed() {
        finds("universal-worker-plugin", "universal-worker-abi", Kind::Normal, &[]);
    }

    #[test]
    fn the_service_never_sees_the_loader() {
        let expected = ["`service` may not depend on `loader`"];
        for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
            finds("universal-worker-service", "universal-worker-loader", kind, &expected);
        }
    }

    #[test]
    fn plugins_are_for_tests_only() {
        finds("universal-worker-service", "hello", Kind::Dev, &[]);
        let expected = ["`service` may not depend on `hello`"];
        finds("universal-worker-service", "hello", Kind::Normal, &expected);
    }

    #[test]
    fn the_abi_library_is_a_dependency_of_few() {
        finds("universal-worker-loader", ABI_LIBRARY, Kind::Normal, &[]);
        let expected = ["`host` may not depend on `abi_stable`"];
        finds("universal-worker-host", ABI_LIBRARY, Kind::Normal, &expected);
    }

    #[test]
    fn a_stranger_of_the_same_short_name_is_no_arrow() {
        let packages = [package("universal-worker-loader", &[("json", Kind::Normal)])];
        assert!(check(&packages).is_empty());
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let found: Vec<_> =
            check(&[package("newcomer", &[])]).into_iter().map(|it| it.found).collect();
        assert_eq!(found, ["`newcomer` has no row in the table of arrows"]);
    }
}
