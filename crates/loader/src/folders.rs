//! The plugin folders, and what is in them.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use universal_worker_sanitize::suggest;

use crate::error::LoadError;
use crate::{linker, python};

/// Folders with plugins, in search order.
#[derive(Debug, Clone, Default)]
pub struct PluginFolders(pub Vec<PathBuf>);

/// A plugin in a plugin folder: a library, a `.py` file, or the folder of a Python package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The name that [`resolve`](crate::resolve) finds it by.
    pub name: String,
    /// Its path.
    pub file: PathBuf,
}

impl PluginFolders {
    /// Lists the libraries in all folders, in search order, and then the Python files and packages.
    ///
    /// Of a name in several folders, only the first folder's plugin is listed, and a library wins
    /// over a Python file of its name.
    /// A name that one folder has twice (`libx_y.so` and `libx-y.so`) is listed twice, and can be
    /// resolved by path only.
    /// Python files whose name begins with an underscore are not listed.
    /// Folders that cannot be read count as empty.
    #[must_use]
    pub fn list(&self) -> Vec<PluginFile> {
        let mut plugins = Vec::new();
        self.add(&mut plugins, libraries);
        self.add(&mut plugins, python::public_modules);
        plugins
    }

    /// Adds the plugins of one kind whose names are new.
    fn add(
        &self,
        plugins: &mut Vec<PluginFile>,
        in_folder: impl Fn(&Path) -> io::Result<Vec<PluginFile>>,
    ) {
        for folder in &self.0 {
            let mut new = in_folder(folder).unwrap_or_default();
            new.retain(|plugin| plugins.iter().all(|known| known.name != plugin.name));
            plugins.append(&mut new);
        }
    }

    /// The Python file or package of this name, which may have the suffix `.py`.
    pub(crate) fn find_python(&self, name: &str) -> Option<PathBuf> {
        let name = python::plugin_name(name.strip_suffix(".py").unwrap_or(name));
        let mut modules = Vec::new();
        self.add(&mut modules, python::modules);
        modules.into_iter().find(|module| module.name == name).map(|module| module.file)
    }

    /// The library of this name.
    pub(crate) fn find_library(&self, name: &str) -> Result<PathBuf, LoadError> {
        let mut plugins = Vec::new();
        self.add(&mut plugins, libraries);
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
            [] if let Some((folder, source)) = self.unreadable() => {
                Err(LoadError::Unreadable { file: folder.to_owned(), source })
            }
            [] => Err(LoadError::NoSuchPlugin {
                name: name.to_owned(),
                searched: self.searched(),
                suggestions: self.similar(&stem),
            }),
            [only] => Ok(only.file.clone()),
            [first, ..] => Err(LoadError::AmbiguousName {
                name: name.to_owned(),
                folder: first.file.parent().unwrap_or(Path::new("")).to_owned(),
                files: found.iter().filter_map(|plugin| file_name(&plugin.file)).collect(),
            }),
        }
    }

    /// Names of plugins that are similar, the most similar first.
    pub(crate) fn similar(&self, name: &str) -> Vec<String> {
        let plugins = self.list();
        let names = suggest(name, plugins.iter().map(|plugin| plugin.name.as_str()));
        names.into_iter().map(str::to_owned).collect()
    }

    /// The first folder that cannot be read because a resource is short, such as file descriptors: the
    /// plugin may be there.
    fn unreadable(&self) -> Option<(&Path, io::Error)> {
        self.0.iter().find_map(|folder| {
            let first = fs::read_dir(folder).and_then(|mut files| files.next().transpose());
            Some((&**folder, shortage(first.err()?)?))
        })
    }

    /// The folders as text, with the reason for each that cannot be searched.
    pub(crate) fn searched(&self) -> String {
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

/// The error, if it means that the system is short of something.
fn shortage(error: io::Error) -> Option<io::Error> {
    let is_shortage =
        error.raw_os_error().is_some_and(|number| linker::SHORTAGES.contains(&number));
    is_shortage.then_some(error)
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

/// The names of libraries that are similar to a missing file, in the same folder; or of Python
/// files, if the missing one has the suffix `.py`.
pub(crate) fn similar_files(file: &Path) -> Vec<String> {
    let Some(name) = file.file_name().and_then(OsStr::to_str) else { return Vec::new() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let (name, plugins) = match name.strip_suffix(".py") {
        Some(name) => (python::plugin_name(name), python::modules(folder)),
        None => (plugin_name(name), libraries(folder)),
    };
    let mut plugins = plugins.unwrap_or_default();
    // Dangling links do not help, and the missing file may be one.
    plugins.retain(|plugin| plugin.file.exists());
    let names = suggest(&name, plugins.iter().map(|plugin| plugin.name.as_str()));
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
pub(crate) mod tests {
    use super::*;

    /// Two folders with libraries, and a missing one between them.
    pub(crate) fn folders() -> (tempfile::TempDir, PluginFolders) {
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
        for name in ["hello.py", "tool.py", "_private.py", "not-a-name.py"] {
            fs::write(dir.path().join("two").join(name), "").unwrap();
        }
        let list = folders.list();
        let names: Vec<&str> = list.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["liberator", "voice-activity", "hello", "tool"]);
        assert!(list[2].file.ends_with("libhello.so"));
    }
}
