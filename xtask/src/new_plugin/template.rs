//! The files of a new plugin.

use std::error::Error;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

use super::name::Name;
use crate::workspace::Workspace;

/// A path within the plugin's folder, and the text of the file.
pub(super) type File = (&'static str, String);

const TEMPLATES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../templates/plugin/Cargo.toml.in")),
    ("src/lib.rs", include_str!("../../templates/plugin/src/lib.rs.in")),
    ("tests/plugin.rs", include_str!("../../templates/plugin/tests/plugin.rs.in")),
    ("README.md", include_str!("../../templates/plugin/README.md.in")),
    (".gitignore", include_str!("../../templates/plugin/gitignore.in")),
];

/// The files of the plugin `name`, which depends on the plugin crate of `workspace`.
pub(super) fn files(name: &Name, workspace: &Workspace) -> Result<Vec<File>, Box<dyn Error>> {
    let plugin_crate = workspace.root.join("crates/plugin");
    let path = plugin_crate.to_str().ok_or("the path of this repository is not UTF-8")?;
    // A JSON string is a valid TOML string.
    let values = [
        ("{{name}}", name.package().to_owned()),
        ("{{library}}", name.library()),
        ("{{class}}", name.class().to_owned()),
        ("{{version}}", env!("CARGO_PKG_VERSION").to_owned()),
        ("{{plugin_crate}}", Value::from(path).to_string()),
    ];
    let fill = |text: &str| {
        values.iter().fold(text.to_owned(), |text, (key, value)| text.replace(key, value))
    };
    let mut files: Vec<File> = TEMPLATES.map(|(path, text)| (path, fill(text))).into();
    // The versions that this repository is tested with, and that are downloaded already; cargo
    // removes what the plugin does not need.
    files.push(("Cargo.lock", fs::read_to_string(workspace.root.join("Cargo.lock"))?));
    Ok(files)
}

/// Writes the files into a folder that is empty, or does not exist yet.
pub(super) fn write(files: &[File], folder: &Path) -> Result<(), Box<dyn Error>> {
    match fs::read_dir(folder).map(Iterator::count) {
        Ok(0) => {}
        Ok(_) => {
            return Err(format!("{} is not empty: no file was written", folder.display()).into());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: {error}", folder.display()).into()),
    }
    for (path, text) in files {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&file, text));
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::path::PathBuf;

    fn workspace() -> Workspace {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        Workspace { target: root.join("target"), root, packages: Vec::new() }
    }

    fn all() -> Vec<File> {
        files(&Name::new("my-plugin").unwrap(), &workspace()).unwrap()
    }

    /// A folder that does not exist yet.
    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("{name}-{}", std::process::id()));
        assert!(!folder.exists());
        folder
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        for (path, text) in all() {
            assert!(!text.contains("{{"), "{path}: {text}");
        }
    }

    #[test]
    fn the_guide_shows_the_tests_of_the_template() {
        let all = all();
        let (_, tests) = all.iter().find(|(path, _)| *path == "tests/plugin.rs").unwrap();
        let guide = include_str!("../../../docs/writing-a-plugin.md");
        assert!(guide.contains(&format!("```rust\n{tests}```")));
    }

    #[test]
    fn the_source_of_a_plugin_is_below_120_lines() {
        let all = all();
        let rust = all.iter().filter(|(path, _)| path.ends_with(".rs"));
        let lines: usize = rust.map(|(_, text)| text.lines().count()).sum();
        assert!((60..120).contains(&lines), "{lines} lines");
    }

    #[test]
    fn missing_parent_folders_are_created() {
        let folder = folder("made");
        write(&[("src/a", "text".to_owned())], &folder.join("b/c")).unwrap();
        assert_eq!(fs::read_to_string(folder.join("b/c/src/a")).unwrap(), "text");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_empty_is_left_alone() {
        let folder = folder("full");
        fs::create_dir_all(&folder).unwrap();
        write(&[], &folder).unwrap();
        fs::write(folder.join("mine"), "").unwrap();
        let error = write(&all(), &folder).unwrap_err().to_string();
        assert!(error.ends_with("is not empty: no file was written"), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        write(&all(), &folder.join("mine")).unwrap_err();
        fs::remove_dir_all(folder).unwrap();
    }
}
