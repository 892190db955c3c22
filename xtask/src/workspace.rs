//! The workspace as `cargo metadata` describes it.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo;

/// The packages of this repository and its folders.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The target directory of cargo.
    pub(crate) target: PathBuf,
    /// The members, in cargo's order.
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its `Cargo.toml`, relative to the workspace's root.
    pub(crate) manifest: PathBuf,
    /// The oldest compiler that it supports.
    pub(crate) rust_version: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One entry of a package's dependency tables.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The table of a dependency.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

impl Workspace {
    /// Loads the workspace of the current directory from cargo.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let output = cargo::command(["metadata", "--format-version=1", "--no-deps"]).output()?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo metadata failed: {}", message.trim_end()).into());
        }
        let metadata = serde_json::from_slice(&output.stdout)?;
        Self::from_metadata(&metadata).ok_or_else(|| "cargo metadata lacks a field".into())
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let root = PathBuf::from(metadata["workspace_root"].as_str()?);
        let target = PathBuf::from(metadata["target_directory"].as_str()?);
        let packages = metadata["packages"].as_array()?;
        let packages = packages.iter().map(|package| Package::from_metadata(package, &root));
        Some(Self { target, packages: packages.collect::<Option<_>>()?, root })
    }
}

impl Package {
    fn from_metadata(package: &Value, root: &Path) -> Option<Self> {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let dependencies = package["dependencies"].as_array()?;
        Some(Self {
            name: package["name"].as_str()?.to_owned(),
            manifest: manifest.strip_prefix(root).unwrap_or(manifest).to_owned(),
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            dependencies: dependencies
                .iter()
                .map(Dependency::from_metadata)
                .collect::<Option<_>>()?,
        })
    }
}

impl Dependency {
    fn from_metadata(dependency: &Value) -> Option<Self> {
        let kind = match dependency["kind"].as_str() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        };
        Some(Self { name: dependency["name"].as_str()?.to_owned(), kind })
    }
}
