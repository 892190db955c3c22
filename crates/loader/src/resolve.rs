//! What a module name means.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::error::LoadError;

/// Folders with plugins, searched in order.
#[derive(Debug, Clone, Default)]
pub struct PluginFolders(pub Vec<PathBuf>);

/// A plugin library in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name by which it can be asked for.
    pub name: String,
    /// Where it is.
    pub file: PathBuf,
}

/// Where the module is: a path where it has a slash, else a name in the plugin folders.
///
/// `voice-activity`, `voice_activity` and `libvoice_activity.so` are the same name.
/// This is the one place that knows what kinds of module there are.
///
/// # Errors
/// When no folder has a library of that name; a path is looked at when it is opened.
pub fn resolve(module: &str, folders: &PluginFolders) -> Result<PathBuf, LoadError> {
    if module.contains(std::path::MAIN_SEPARATOR) {
        return Ok(PathBuf::from(module));
    }
    let wanted = normalized(module);
    let plugins = folders.list();
    if let Some(found) = plugins.iter().find(|found| found.name == wanted) {
        return Ok(found.file.clone());
    }
    let near = plugins
        .iter()
        .map(|found| (strsim::damerau_levenshtein(&found.name, &wanted), &found.name))
        .filter(|(distance, _)| *distance <= wanted.chars().count().div_ceil(3))
        .min()
        .map(|(_, name)| name.clone());
    Err(LoadError::NoSuchPlugin { name: module.to_owned(), searched: folders.named(), near })
}

impl PluginFolders {
    /// The libraries in the folders, in the order in which they are found; a name that is there
    /// twice is that of the first.
    #[must_use]
    pub fn list(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for folder in &self.0 {
            let mut here = libraries(folder);
            here.sort_by(|one, other| one.name.cmp(&other.name));
            here.retain(|library| found.iter().all(|known| known.name != library.name));
            found.extend(here);
        }
        found
    }

    fn named(&self) -> String {
        if self.0.is_empty() {
            return "no folder: none is set".to_owned();
        }
        let names: Vec<String> = self.0.iter().map(|path| path.display().to_string()).collect();
        names.join(", ")
    }
}

/// A folder that is not there has none.
fn libraries(folder: &Path) -> Vec<Found> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let named = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_library = name.ends_with(std::env::consts::DLL_SUFFIX);
        is_library.then(|| Found { name: normalized(&name), file: entry.path() })
    });
    named.collect()
}

/// The one spelling of a name: without prefix and ending, and with hyphens.
fn normalized(name: &str) -> String {
    let name = name.strip_suffix(std::env::consts::DLL_SUFFIX).unwrap_or(name);
    let name = name.strip_prefix(std::env::consts::DLL_PREFIX).unwrap_or(name);
    name.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PluginFolders) {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        for (folder, names) in [
            (&one, &["libvoice_activity.so", "notes.txt"][..]),
            (&two, &["libvoice_activity.so", "libhello.so"]),
        ] {
            fs::create_dir(folder).unwrap();
            names.iter().for_each(|name| fs::write(folder.join(name), "").unwrap());
        }
        let folders = PluginFolders(vec![one, dir.path().join("nope"), two]);
        (dir, folders)
    }

    #[test]
    fn a_name_is_found_in_each_of_its_spellings_in_the_first_folder_that_has_it() {
        let (dir, folders) = folders();
        for name in ["voice-activity", "voice_activity", "libvoice_activity.so"] {
            let file = resolve(name, &folders).unwrap();
            assert_eq!(file, dir.path().join("one/libvoice_activity.so"), "{name}");
        }
        assert_eq!(resolve("hello", &folders).unwrap(), dir.path().join("two/libhello.so"));
    }

    #[test]
    fn what_has_a_slash_is_a_path() {
        let path = resolve("./libhello.so", &PluginFolders::default()).unwrap();
        assert_eq!(path, Path::new("./libhello.so"));
    }

    #[test]
    fn a_name_that_is_not_there_names_the_folders_and_the_nearest() {
        let (_dir, folders) = folders();
        let error = resolve("voice-activty", &folders).unwrap_err();
        assert!(error.to_string().contains("two"), "{error}");
        assert_eq!(error.hint(), "did you mean 'voice-activity'?");
        assert!(resolve("other", &folders).unwrap_err().hint().contains("--plugin-dir"));
    }
}
