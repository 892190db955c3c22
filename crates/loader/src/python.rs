//! Python files and packages.

use std::path::Path;
use std::{fs, io};

use crate::folders::PluginFile;

/// Whether a path names a module: it ends in `.py`, or is the folder of a package.
pub(crate) fn is_module(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py") || is_package(path)
}

pub(crate) fn is_package(folder: &Path) -> bool {
    folder.join("__init__.py").is_file()
}

/// Whether a text is a name that can be imported, such as `package.module`.
pub(crate) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

fn is_identifier(text: &str) -> bool {
    let is_start = |c: char| c == '_' || c.is_alphabetic();
    text.starts_with(is_start) && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// The modules in a folder, by name; a package comes before a file of its name, as in an import.
pub(crate) fn modules(folder: &Path) -> io::Result<Vec<PluginFile>> {
    let modules = fs::read_dir(folder)?.flatten().filter_map(|entry| {
        let (name, file) = (entry.file_name().into_string().ok()?, entry.path());
        let is_package = is_package(&file);
        let stem = if is_package { &name } else { name.strip_suffix(".py")? };
        let is_module = is_identifier(stem) && (is_package || file.is_file());
        is_module.then(|| PluginFile { name: plugin_name(stem), file })
    });
    let mut modules: Vec<PluginFile> = modules.collect();
    modules.sort_by(|a, b| (&a.name, &a.file).cmp(&(&b.name, &b.file)));
    modules.dedup_by(|second, first| first.name == second.name);
    Ok(modules)
}

/// The modules in a folder whose names do not begin with an underscore.
pub(crate) fn public_modules(folder: &Path) -> io::Result<Vec<PluginFile>> {
    let mut modules = modules(folder)?;
    modules.retain(|module| !module.name.starts_with('-'));
    Ok(modules)
}

/// The name of a plugin, with hyphens as in those of libraries.
pub(crate) fn plugin_name(stem: &str) -> String {
    stem.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_name_consists_of_identifiers() {
        for name in ["a", "a.b_1", "_x", "größe.x"] {
            assert!(is_dotted_name(name), "{name}");
        }
        for name in ["", "a.", ".a", "a..b", "1a", "a-b", "a b", "a\n"] {
            assert!(!is_dotted_name(name), "{name:?}");
        }
    }
}
