//! Reads all Rust source of the repository.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::Workspace;

/// An `.rs` file.
pub(super) struct Source {
    /// Relative to the root of the repository.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads every `.rs` file outside of build output and hidden folders, sorted by path.
///
/// Does not ask git, because files that are not committed yet count too.
pub(super) fn read(workspace: &Workspace) -> Result<Vec<Source>, Box<dyn Error>> {
    let root = &workspace.root;
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                let has_sources = is_source_folder(&path) && path != workspace.target;
                folders.extend(has_sources.then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                sources.push(Source { path: path.strip_prefix(root)?.to_owned(), text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Whether a folder is neither hidden nor build output, which cargo marks with a tag.
fn is_source_folder(folder: &Path) -> bool {
    let hidden = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && !folder.join("CACHEDIR.TAG").exists()
}
