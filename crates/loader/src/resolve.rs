//! Finds the library that a module names.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use universal_worker_sanitize::suggest;

use crate::error::LoadError;

/// Folders with plugins, in search order.
#[derive(Debug, Clone, Default)]
pub struct PluginFolders(pub Vec<PathBuf>);

/// A library in a plugin folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The name that [`resolve`] finds it by.
    pub name: String,
    /// Its path.
    pub file: PathBuf,
}

/// The kinds of module. A new kind becomes a variant here, and resolves to a library as well.
enum Module<'a> {
    /// The path of a library: text with a slash.
    Path(&'a Path),
    /// A name in the plugin folders.
    Name(&'a str),
}

/// Finds the library that a module names.
///
/// A module with a slash is a path.
/// Any other module is a name in the plugin folders, where `voice-activity`, `voice_activity` and
/// `libvoice_activity.so` mean the same.
///
/// # Errors
/// If no folder has a library of this name, or one folder has several.
/// A path is not checked before [`Library::open`](crate::Library::open).
pub fn resolve(module: &str, folders: &PluginFolders) -> Result<PathBuf, LoadError> {
    match Module::new(module) {
        Module::Path(path) => Ok(path.to_owned()),
        Module::Name(name) => folders.find(name),
    }
}

impl<'a> Module<'a> {
    fn new(text: &'a str) -> Self {
        if text.contains(std::path::is_separator) {
            Self::Path(Path::new(text))
        } else {
            Self::Name(text)
        }
    }
}

impl PluginFolders {
    /// Lists the libraries in all folders, in search order.
    ///
    /// Of a name in several folders, only the first folder's library is listed.
    /// A name that one folder has twice (`libx_y.so` and `libx-y.so`) is listed twice, and can be
    /// resolved by path only.
    /// Folders that cannot be read count as empty.
    #[must_use]
    pub fn list(&self) -> Vec<PluginFile> {
        let mut plugins: Vec<PluginFile> = Vec::new();
        for folder in &self.0 {
            let mut new = libraries(folder).unwrap_or_default();
            new.retain(|library| plugins.iter().all(|known| known.name != library.name));
            plugins.extend(new);
        }
        plugins
    }

    fn find(&self, name: &str) -> Result<PathBuf, LoadError> {
        let plugins = self.list();
        let with_name = |name: &str| -> Vec<&PluginFile> {
            plugins.iter().filter(|plugin| plugin.name == name).collect()
        };
        // The text may be a name, or a file name with the prefix.
        let stem = stem(name);
        let mut found = with_name(&stem);
        if found.is_empty() {
            found = stem.strip_prefix(DLL_PREFIX).map(with_name).unwrap_or_default();
        }
        match found[..] {
            [] => {
                let suggestions = suggest(&stem, plugins.iter().map(|plugin| plugin.name.as_str()));
                Err(LoadError::NoSuchPlugin {
                    name: name.to_owned(),
                    searched: self.searched(),
                    suggestions: suggestions.into_iter().map(str::to_owned).collect(),
                })
            }
            [only] => Ok(only.file.clone()),
            [first, ..] => Err(LoadError::AmbiguousName {
                name: name.to_owned(),
                folder: first.file.parent().unwrap_or(Path::new("")).to_owned(),
                files: found.iter().filter_map(|plugin| file_name(&plugin.file)).collect(),
            }),
        }
    }

    /// The folders as text, with the reason for each that cannot be searched.
    fn searched(&self) -> String {
        if self.0.is_empty() {
            return "the plugin folders: none is set".to_owned();
        }
        let folders = self.0.iter().map(|folder| {
            let problem = Self::search_problem(folder).map(|problem| format!(" ({problem})"));
            format!("{}{}", folder.display(), problem.unwrap_or_default())
        });
        folders.collect::<Vec<_>>().join(", ")
    }

    /// The reason why a folder cannot be searched, if there is one.
    #[must_use]
    pub fn search_problem(folder: &Path) -> Option<&'static str> {
        match fs::read_dir(folder).map_err(|error| error.kind()) {
            Ok(_) => None,
            Err(io::ErrorKind::NotFound) => Some("no such folder"),
            Err(io::ErrorKind::PermissionDenied) => Some("permission denied"),
            Err(_) => Some("cannot be read"),
        }
    }
}

fn libraries(folder: &Path) -> io::Result<Vec<PluginFile>> {
    let files = fs::read_dir(folder)?.flatten().filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        let name = plugin_name(&file);
        // The files `.so` and `lib.so` have no name to be resolved by.
        let is_plugin = file.ends_with(DLL_SUFFIX) && !name.is_empty();
        is_plugin.then(|| PluginFile { name, file: entry.path() })
    });
    let mut files: Vec<PluginFile> = files.collect();
    files.sort_by(|a, b| (&a.name, &a.file).cmp(&(&b.name, &b.file)));
    Ok(files)
}

/// The names of libraries that are similar to a missing file, in the same folder.
pub(crate) fn similar_files(file: &Path) -> Vec<String> {
    let Some(name) = file.file_name().and_then(OsStr::to_str) else { return Vec::new() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut plugins = libraries(folder.unwrap_or(Path::new("."))).unwrap_or_default();
    // Dangling links do not help, and the missing file may be one.
    plugins.retain(|plugin| plugin.file.exists());
    let names = suggest(&plugin_name(name), plugins.iter().map(|plugin| plugin.name.as_str()));
    let file_of = |name: &&str| file_name(&plugins.iter().find(|it| it.name == **name)?.file);
    names.iter().filter_map(file_of).collect()
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// The name of a plugin, from the name of its file.
fn plugin_name(file: &str) -> String {
    let stem = stem(file);
    stem.strip_prefix(DLL_PREFIX).unwrap_or(&stem).to_owned()
}

/// A name or file name without the suffix, with hyphens for the underscores of cargo's file names.
fn stem(name: &str) -> String {
    name.strip_suffix(DLL_SUFFIX).unwrap_or(name).replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders with libraries, and a missing one between them.
    fn folders() -> (tempfile::TempDir, PluginFolders) {
        let dir = tempfile::tempdir().unwrap();
        let make = |folder: &str, names: &[&str]| {
            let folder = dir.path().join(folder);
            fs::create_dir(&folder).unwrap();
            names.iter().for_each(|name| {
                fs::write(folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")), "").unwrap();
            });
            folder
        };
        let one = make("one", &["voice_activity", "liberator"]);
        fs::write(one.join("notes.txt"), "").unwrap();
        let two = make("two", &["voice_activity", "hello"]);
        let folders = PluginFolders(vec![one, dir.path().join("nope"), two]);
        (dir, folders)
    }

    #[test]
    fn every_spelling_of_a_name_finds_the_first_folder_with_it() {
        let (dir, folders) = folders();
        let check = |name: &str, folder: &str, file: &str| {
            let expected = dir.path().join(folder).join(format!("{DLL_PREFIX}{file}{DLL_SUFFIX}"));
            assert_eq!(resolve(name, &folders).unwrap(), expected, "{name}");
        };
        for name in ["voice-activity", "voice_activity"] {
            check(name, "one", "voice_activity");
            check(&format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"), "one", "voice_activity");
        }
        check("hello", "two", "hello");
        check("liberator", "one", "liberator");
    }

    #[test]
    fn a_module_with_a_slash_is_a_path() {
        let (_dir, folders) = folders();
        for module in ["./hello", "/opt/libhello.so"] {
            assert_eq!(resolve(module, &folders).unwrap(), Path::new(module));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_folders_and_a_suggestion() {
        let (dir, folders) = folders();
        let error = resolve("voice-activty", &folders).unwrap_err();
        let LoadError::NoSuchPlugin { searched, .. } = &error else { panic!("{error}") };
        // Not the message, which may cut the path of the temporary folder.
        let searched = searched.replace(dir.path().to_str().unwrap(), "DIR");
        assert_eq!(searched, "DIR/one, DIR/nope (no such folder), DIR/two");
        assert!(error.to_string().starts_with("there is no plugin 'voice-activty' in "));
        assert_eq!(error.hint(), "did you mean 'voice-activity'?");
        assert!(resolve("other", &folders).unwrap_err().hint().contains("--plugin-dir"));
    }

    #[test]
    fn a_name_twice_in_one_folder_is_ambiguous() {
        let (dir, folders) = folders();
        let twin = dir.path().join("two").join(format!("{DLL_PREFIX}hel-lo{DLL_SUFFIX}"));
        fs::write(&twin, "").unwrap();
        fs::write(twin.with_file_name(format!("{DLL_PREFIX}hel_lo{DLL_SUFFIX}")), "").unwrap();
        let error = resolve("hel-lo", &folders).unwrap_err();
        let LoadError::AmbiguousName { files, .. } = &error else { panic!("{error}") };
        assert_eq!(*files, ["libhel-lo.so", "libhel_lo.so"]);
        assert_eq!(error.hint(), "give the path of one of them");
        // A name in two folders is not.
        assert!(resolve("voice-activity", &folders).is_ok());
    }

    #[test]
    fn dangling_links_and_files_without_a_name_are_not_listed() {
        let (dir, folders) = folders();
        let one = dir.path().join("one");
        let file = |name: &str| one.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
        std::os::unix::fs::symlink("gone", file("liberators")).unwrap();
        assert_eq!(
            similar_files(&file("liberators")),
            [format!("{DLL_PREFIX}liberator{DLL_SUFFIX}")]
        );
        fs::write(file(""), "").unwrap();
        fs::write(one.join(DLL_SUFFIX), "").unwrap();
        assert!(folders.list().iter().all(|found| !found.name.is_empty()));
    }

    #[test]
    fn the_list_has_each_name_once_in_search_order() {
        let (dir, folders) = folders();
        let list = folders.list();
        let names: Vec<&str> = list.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["liberator", "voice-activity", "hello"]);
        assert!(list[1].file.starts_with(dir.path().join("one")));
    }
}
