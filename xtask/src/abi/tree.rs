//! A copy of the sources, with what makes another interface of them.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::rows::{Build, Edit, Made, PROBE, Tree, VERSION};

/// What cargo does in a copy: as little as it can.
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

/// Writes the copy that `build` needs to `workspace`; a file that is there as it is to be is left alone.
///
/// The sources have a folder of the copy's name in it: cargo tells two builds of a package apart by its path from
/// the workspace, and would take those of two copies for one.
pub(super) fn write(root: &Path, workspace: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let edits = Edits::of(build.tree);
    let to = &workspace.join(build.tree.name);
    for folder in build.tree.folders {
        manifest(root, to, folder, &edits)?;
        // The docs, where a crate has some in files of their own that it includes.
        for source in ["src", "docs", "README.md", "build.rs"] {
            copy(root, to, &Path::new(folder).join(source), &edits)?;
        }
    }
    for made in build.made.iter().filter(|made| !made.is_worker()) {
        probe(root, to, made)?;
    }
    manifest_of_all(root, workspace, build)?;
    put(&workspace.join("Cargo.lock"), &fs::read_to_string(root.join("Cargo.lock"))?)
}

/// The edits that make another interface, its version among them.
struct Edits(Vec<(&'static str, String, String)>);

impl Edits {
    fn of(tree: &Tree) -> Self {
        let version = |version: &str| format!("version = \"{version}\"");
        let package = ("crates/abi/Cargo.toml", version(VERSION), version(tree.version));
        let edits = tree
            .edits
            .iter()
            .map(|Edit { file, from, to }| (*file, (*from).to_owned(), (*to).to_owned()));
        Self([package].into_iter().chain(edits).collect())
    }

    /// The text of `file` with its edits; each of them must find its place, and one only.
    fn apply(&self, file: &Path, mut text: String) -> Result<String, Box<dyn Error>> {
        for (_, from, to) in self.0.iter().filter(|(edited, ..)| Path::new(edited) == file) {
            replace(&mut text, from, to).map_err(|why| format!("{}: {why}", file.display()))?;
        }
        Ok(text)
    }
}

/// Replaces what stands in `text` once.
fn replace(text: &mut String, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    match text.matches(from).count() {
        1 => {
            *text = text.replacen(from, to, 1);
            Ok(())
        }
        places => Err(format!("{places} places for an edit, not one: {from:?}").into()),
    }
}

/// Copies a file or a folder, if it is there.
fn copy(root: &Path, to: &Path, path: &Path, edits: &Edits) -> Result<(), Box<dyn Error>> {
    let from = root.join(path);
    if from.is_file() {
        let text = edits.apply(path, fs::read_to_string(&from)?)?;
        return put(&to.join(path), &text);
    }
    if from.is_dir() {
        sweep(&from, &to.join(path))?;
        for entry in fs::read_dir(&from)? {
            copy(root, to, &path.join(entry?.file_name()), edits)?;
        }
    }
    Ok(())
}

/// Removes from the folder `to` what `from` no longer has.
fn sweep(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
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

/// The manifest of a crate without what is for its tests only, which are not copied.
fn manifest(root: &Path, to: &Path, folder: &str, edits: &Edits) -> Result<(), Box<dyn Error>> {
    let path = Path::new(folder).join("Cargo.toml");
    let text = edits.apply(&path, fs::read_to_string(root.join(&path))?)?;
    put(
        &to.join(path),
        &sections(&text, |head| !head.contains("dev-dependencies") && !head.starts_with("[[")),
    )
}

/// The plugin, under a name of its own and with its features on.
fn probe(root: &Path, to: &Path, made: &Made) -> Result<(), Box<dyn Error>> {
    let from = root.join("tests/abi/plugin");
    let to = to.join("tests/abi").join(made.name);
    let mut text = fs::read_to_string(from.join("Cargo.toml"))?;
    replace(&mut text, &format!("name = \"{PROBE}\""), &format!("name = \"{}\"", made.package()))?;
    replace(&mut text, "default = []", &format!("default = {:?}", made.features))?;
    put(&to.join("Cargo.toml"), &text)?;
    copy(&from, &to, Path::new("src"), &Edits(Vec::new()))
}

/// The workspace: the versions of dependencies and the lints are those of ours.
fn manifest_of_all(root: &Path, to: &Path, build: &Build) -> Result<(), Box<dyn Error>> {
    let mut text = fs::read_to_string(root.join("Cargo.toml"))?;
    let ours = |version: &str| format!("universal-worker-abi = {{ version = \"{version}\"");
    replace(&mut text, &ours(VERSION), &ours(build.tree.version))?;
    let name = build.tree.name;
    let text = text.replace("path = \"", &format!("path = \"{name}/"));
    let folders = build.tree.folders.iter().map(|folder| format!("{name}/{folder}"));
    // The plugins of other builds from the same copy are members too.
    let members: Vec<String> = folders.chain([format!("{name}/tests/abi/*")]).collect();
    let text = sections(&text, |head| head != "[workspace]" && !head.starts_with("[profile"));
    let head = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n");
    put(&to.join("Cargo.toml"), &format!("{head}{text}{PROFILES}"))
}

/// The sections of a manifest whose heads are `kept`.
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

/// Writes a file, unless it says so already: cargo builds anew what is younger than its result.
fn put(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_else(|| OsStr::new("")).display();
    let folder = path.parent().ok_or_else(|| format!("{name} is in no folder"))?;
    fs::create_dir_all(folder)?;
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_that_finds_no_place_or_two_is_refused() {
        let mut text = "one two two".to_owned();
        replace(&mut text, "one", "1").unwrap();
        assert_eq!(text, "1 two two");
        assert!(replace(&mut text, "two", "2").is_err());
        assert!(replace(&mut text, "one", "1").is_err());
        assert_eq!(text, "1 two two");
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let manifest =
            "[package]\na = 1\n[dev-dependencies]\nb = 1\n[[test]]\nc = 1\n[lints]\nd = 1\n";
        let kept = sections(manifest, |head| !head.contains("dev") && !head.starts_with("[["));
        assert_eq!(kept, "[package]\na = 1\n[lints]\nd = 1\n");
    }
}
