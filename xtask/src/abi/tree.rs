//! Writes a copy of the sources with the edits of another interface.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::rows::{Build, Edit, PROBE, Product, Tree, VERSION};

/// The profiles of a copy, for fast builds.
const PROFILES: &str = "
[profile.dev]
debug = false
incremental = false

[profile.abort]
inherits = \"dev\"
panic = \"abort\"

[profile.kept]
inherits = \"release\"
opt-level = \"z\"
lto = true
codegen-units = 1
strip = \"symbols\"
";

/// Writes the copy for `build` to `workspace`; leaves files alone that have not changed.
///
/// The sources are in a folder with the name of the copy: cargo distinguishes two builds of a
/// package by its path in the workspace, and would mix up those of two copies.
pub(super) fn write(root: &Path, workspace: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let edits = Edits::new(build.tree);
    let to = &workspace.join(build.tree.name);
    for folder in build.tree.folders {
        manifest(root, to, folder, &edits)?;
        // Some crates include their docs from files.
        for source in ["src", "docs", "README.md", "build.rs"] {
            copy(root, to, &Path::new(folder).join(source), &edits)?;
        }
    }
    for product in build.products.iter().filter(|product| !product.is_worker()) {
        probe(root, to, product)?;
    }
    workspace_manifest(root, workspace, build)?;
    put(&workspace.join("Cargo.lock"), &fs::read_to_string(root.join("Cargo.lock"))?)
}

/// The edits of another interface, with its version.
struct Edits(Vec<(&'static str, String, String)>);

impl Edits {
    fn new(tree: &Tree) -> Self {
        let version = |version: &str| format!("version = \"{version}\"");
        let package = ("crates/abi/Cargo.toml", version(VERSION), version(tree.version));
        let edits = tree
            .edits
            .iter()
            .map(|Edit { file, from, to }| (*file, (*from).to_owned(), (*to).to_owned()));
        Self([package].into_iter().chain(edits).collect())
    }

    /// Applies the edits of `file` to its text; each must match in exactly one place.
    fn apply(&self, file: &Path, mut text: String) -> Result<String, Box<dyn Error>> {
        for (_, from, to) in self.0.iter().filter(|(edited, ..)| Path::new(edited) == file) {
            replace(&mut text, from, to).map_err(|why| format!("{}: {why}", file.display()))?;
        }
        Ok(text)
    }
}

/// Replaces the only match in `text`.
fn replace(text: &mut String, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    match text.matches(from).count() {
        1 => {
            *text = text.replacen(from, to, 1);
            Ok(())
        }
        places => Err(format!("an edit matches {places} times, not once: {from:?}").into()),
    }
}

/// Copies a file or folder, if it exists.
fn copy(root: &Path, to: &Path, path: &Path, edits: &Edits) -> Result<(), Box<dyn Error>> {
    let from = root.join(path);
    if from.is_file() {
        let text = edits.apply(path, fs::read_to_string(&from)?)?;
        return put(&to.join(path), &text);
    }
    if from.is_dir() {
        remove_stale(&from, &to.join(path))?;
        for entry in fs::read_dir(&from)? {
            copy(root, to, &path.join(entry?.file_name()), edits)?;
        }
    }
    Ok(())
}

/// Removes from the folder `to` what the folder `from` no longer has.
fn remove_stale(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(to).into_iter().flatten() {
        let entry = entry?;
        if from.join(entry.file_name()).exists() {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Copies the manifest of a crate, without what only its tests need.
fn manifest(root: &Path, to: &Path, folder: &str, edits: &Edits) -> Result<(), Box<dyn Error>> {
    let path = Path::new(folder).join("Cargo.toml");
    let text = edits.apply(&path, fs::read_to_string(root.join(&path))?)?;
    put(
        &to.join(path),
        &sections(&text, |heading| {
            !heading.contains("dev-dependencies") && !heading.starts_with("[[")
        }),
    )
}

/// Copies the plugin under a name of its own, with its features enabled.
fn probe(root: &Path, to: &Path, product: &Product) -> Result<(), Box<dyn Error>> {
    let from = root.join("tests/abi/plugin");
    let to = to.join("tests/abi").join(product.name);
    let mut text = fs::read_to_string(from.join("Cargo.toml"))?;
    replace(
        &mut text,
        &format!("name = \"{PROBE}\""),
        &format!("name = \"{}\"", product.package()),
    )?;
    replace(&mut text, "default = []", &format!("default = {:?}", product.features))?;
    put(&to.join("Cargo.toml"), &text)?;
    copy(&from, &to, Path::new("src"), &Edits(Vec::new()))
}

/// Writes the manifest of the workspace, with this workspace's dependencies and lints.
fn workspace_manifest(root: &Path, to: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let mut text = fs::read_to_string(root.join("Cargo.toml"))?;
    let dependency = |version: &str| format!("universal-worker-abi = {{ version = \"{version}\"");
    replace(&mut text, &dependency(VERSION), &dependency(build.tree.version))?;
    let name = build.tree.name;
    let text = text.replace("path = \"", &format!("path = \"{name}/"));
    let folders = build.tree.folders.iter().map(|folder| format!("{name}/{folder}"));
    // The plugins of other builds from the same copy are members as well.
    let members: Vec<String> = folders.chain([format!("{name}/tests/abi/*")]).collect();
    let text =
        sections(&text, |heading| heading != "[workspace]" && !heading.starts_with("[profile"));
    let head = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n");
    put(&to.join("Cargo.toml"), &format!("{head}{text}{PROFILES}"))
}

/// The sections of a manifest whose headings are `kept`.
fn sections(manifest: &str, kept: impl Fn(&str) -> bool) -> String {
    let mut keep = true;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            keep = kept(line);
        }
        keep
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Writes a file unless it has this text already, because cargo rebuilds after a newer timestamp.
fn put(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_else(|| OsStr::new("")).display();
    let folder = path.parent().ok_or_else(|| format!("{name} has no folder"))?;
    fs::create_dir_all(folder)?;
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_must_match_exactly_once() {
        let mut text = "one two two".to_owned();
        replace(&mut text, "one", "1").unwrap();
        assert_eq!(text, "1 two two");
        assert!(replace(&mut text, "two", "2").is_err());
        assert!(replace(&mut text, "one", "1").is_err());
        assert_eq!(text, "1 two two");
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let manifest =
            "[package]\na = 1\n[dev-dependencies]\nb = 1\n[[test]]\nc = 1\n[lints]\nd = 1\n";
        let kept =
            sections(manifest, |heading| !heading.contains("dev") && !heading.starts_with("[["));
        assert_eq!(kept, "[package]\na = 1\n[lints]\nd = 1\n");
    }
}
