//! What a module name means.

use std::env::consts::DLL_PREFIX;
use std::env::consts::DLL_SUFFIX;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::error::LoadError;
use universal_worker_sanitize::suggest;

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

/// The kinds of module; a further kind is a variant here, and ends in a library to open as well.
enum Module<'a> {
    /// A path to a library: it has a slash.
    Path(&'a Path),
    /// A name to look up in the plugin folders.
    Name(&'a str),
}

/// The library that a module names.
///
/// With a slash it is a path, else a name that is looked up in the plugin folders, where
/// `voice-activity`, `voice_activity` and `libvoice_activity.so` are the same.
/// This is the one place that knows what kinds of module there are.
///
/// # Errors
/// When no folder has a library of that name; a path is looked at when it is opened.
pub fn resolve(module: &str, folders: &PluginFolders) -> Result<PathBuf, LoadError> {
    match Module::of(module) {
        Module::Path(path) => Ok(path.to_owned()),
        Module::Name(name) => folders.find(name),
    }
}

impl<'a> Module<'a> {
    fn of(text: &'a str) -> Self {
        if text.contains(std::path::is_separator) {
            Self::Path(Path::new(text))
        } else {
            Self::Name(text)
        }
    }
}

impl PluginFolders {
    /// The libraries in the folders, in their order; a name that is in several folders is that of
    /// the first. Folders that are not there or cannot be read have none.
    ///
    /// A name that a folder has several times (`libx_y.so` and `libx-y.so`) is there as often, and
    /// can be asked for by path only.
    #[must_use]
    pub fn list(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for folder in &self.0 {
            let of_folder = libraries(folder).unwrap_or_default();
            let is_new = |library: &Found| found.iter().all(|known| known.name != library.name);
            let new: Vec<Found> = of_folder.into_iter().filter(is_new).collect();
            found.extend(new);
        }
        found
    }

    fn find(&self, name: &str) -> Result<PathBuf, LoadError> {
        let plugins = self.list();
        // What was asked for may be a name or the stem of a file, which has the prefix.
        let wanted = stem(name);
        let unprefixed = wanted.strip_prefix(DLL_PREFIX);
        let called = |name: &str| -> Vec<&Found> {
            plugins.iter().filter(|found| found.name == name).collect()
        };
        let mut found = called(&wanted);
        if found.is_empty() {
            found = unprefixed.map(called).unwrap_or_default();
        }
        match found[..] {
            [] => {}
            [only] => return Ok(only.file.clone()),
            [first, ..] => {
                let file_name = |found: &&Found| {
                    found.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
                };
                return Err(LoadError::AmbiguousName {
                    name: name.to_owned(),
                    folder: first.file.parent().unwrap_or(Path::new("")).to_owned(),
                    files: found.iter().map(file_name).collect(),
                });
            }
        }
        let names = plugins.iter().map(|found| found.name.as_str());
        let near = suggest(&wanted, names).into_iter().map(str::to_owned).collect();
        Err(LoadError::NoSuchPlugin { name: name.to_owned(), searched: self.searched(), near })
    }

    /// The folders, and which of them could not be searched.
    fn searched(&self) -> String {
        if self.0.is_empty() {
            return "the plugin folders: none is set".to_owned();
        }
        let told = self.0.iter().map(|folder| {
            let why = Self::why_not_searched(folder).map(|why| format!(" ({why})"));
            format!("{}{}", folder.display(), why.unwrap_or_default())
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// Why a folder cannot be searched; none where it can.
    #[must_use]
    pub fn why_not_searched(folder: &Path) -> Option<&'static str> {
        match fs::read_dir(folder).map_err(|error| error.kind()) {
            Ok(_) => None,
            Err(io::ErrorKind::NotFound) => Some("no such folder"),
            Err(io::ErrorKind::PermissionDenied) => Some("no permission"),
            Err(_) => Some("cannot be read"),
        }
    }
}

fn libraries(folder: &Path) -> io::Result<Vec<Found>> {
    let named = fs::read_dir(folder)?.flatten().filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        let name = plugin_name(&file);
        // `.so` and `lib.so` could not be asked for.
        let is_library = file.ends_with(DLL_SUFFIX) && !name.is_empty();
        is_library.then(|| Found { name, file: entry.path() })
    });
    let mut found: Vec<Found> = named.collect();
    found.sort_by(|one, other| (&one.name, &one.file).cmp(&(&other.name, &other.file)));
    Ok(found)
}

/// Libraries in the folder of a file that is not there whose names are much like its own.
pub(crate) fn near(file: &Path) -> Vec<String> {
    let Some(name) = file.file_name().and_then(OsStr::to_str) else { return Vec::new() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut there = libraries(folder.unwrap_or(Path::new("."))).unwrap_or_default();
    // Links whose targets are gone, among them maybe what was asked for.
    there.retain(|found| found.file.exists());
    let near = suggest(&plugin_name(name), there.iter().map(|found| found.name.as_str()));
    let of_name = |name: &&str| there.iter().find(|found| found.name == **name)?.file.file_name();
    near.iter().filter_map(of_name).map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The name by which a library is asked for.
fn plugin_name(file: &str) -> String {
    let stem = stem(file);
    stem.strip_prefix(DLL_PREFIX).unwrap_or(&stem).to_owned()
}

/// A name or a file name without its ending, with hyphens: cargo writes underscores for them.
fn stem(name: &str) -> String {
    name.strip_suffix(DLL_SUFFIX).unwrap_or(name).replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders with libraries, and one between them that is not there.
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
    fn a_name_is_found_in_each_of_its_spellings_in_the_first_folder_that_has_it() {
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
    fn what_has_a_slash_is_a_path() {
        let (_dir, folders) = folders();
        for module in ["./hello", "/opt/libhello.so"] {
            assert_eq!(resolve(module, &folders).unwrap(), Path::new(module));
        }
    }

    #[test]
    fn a_name_that_is_not_there_names_the_folders_and_the_nearest() {
        let (dir, folders) = folders();
        let error = resolve("voice-activty", &folders).unwrap_err();
        let LoadError::NoSuchPlugin { searched, .. } = &error else { panic!("{error}") };
        // Not the line, for which the temporary folder's own path may be too long.
        let searched = searched.replace(dir.path().to_str().unwrap(), "DIR");
        assert_eq!(searched, "DIR/one, DIR/nope (no such folder), DIR/two");
        assert!(error.to_string().starts_with("there is no plugin 'voice-activty' in "));
        assert_eq!(error.hint(), "did you mean 'voice-activity'?");
        assert!(resolve("other", &folders).unwrap_err().hint().contains("--plugin-dir"));
    }

    #[test]
    fn a_name_that_a_folder_has_twice_is_no_choice_of_ours() {
        let (dir, folders) = folders();
        let twin = dir.path().join("two").join(format!("{DLL_PREFIX}hel-lo{DLL_SUFFIX}"));
        fs::write(&twin, "").unwrap();
        fs::write(twin.with_file_name(format!("{DLL_PREFIX}hel_lo{DLL_SUFFIX}")), "").unwrap();
        let error = resolve("hel-lo", &folders).unwrap_err();
        let LoadError::AmbiguousName { files, .. } = &error else { panic!("{error}") };
        assert_eq!(*files, ["libhel-lo.so", "libhel_lo.so"]);
        assert_eq!(error.hint(), "give the path of one of them");
        // In two folders it is that of the first.
        assert!(resolve("voice-activity", &folders).is_ok());
    }

    #[test]
    fn a_link_to_nothing_is_not_near_and_a_file_without_a_name_is_no_plugin() {
        let (dir, folders) = folders();
        let one = dir.path().join("one");
        let file = |name: &str| one.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
        std::os::unix::fs::symlink("gone", file("liberators")).unwrap();
        assert_eq!(near(&file("liberators")), [format!("{DLL_PREFIX}liberator{DLL_SUFFIX}")]);
        fs::write(file(""), "").unwrap();
        fs::write(one.join(DLL_SUFFIX), "").unwrap();
        assert!(folders.list().iter().all(|found| !found.name.is_empty()));
    }

    #[test]
    fn the_list_has_each_name_once_in_the_order_of_the_folders() {
        let (dir, folders) = folders();
        let list = folders.list();
        let names: Vec<&str> = list.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["liberator", "voice-activity", "hello"]);
        assert!(list[1].file.starts_with(dir.path().join("one")));
    }
}
