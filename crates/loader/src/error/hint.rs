//! What to do about a load error.

use std::path::Path;

use super::LoadError;
use universal_worker_sanitize as sanitize;

impl LoadError {
    /// What to do about the error, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::NoSuchPlugin { name, .. } | Self::NoSuchPluginAndNoPython { name, .. }
                if Path::new(name).is_file() =>
            {
                return format!("a path has a slash: ./{}", sanitize::name(name));
            }
            Self::NoSuchPlugin { suggestions, .. }
            | Self::NoSuchPluginAndNoPython { suggestions, .. }
            | Self::NoSuchClass { suggestions, .. }
            | Self::NoSuchFile { suggestions, .. }
                if !suggestions.is_empty() =>
            {
                return did_you_mean(suggestions);
            }
            Self::MissingLibrary { library, .. } => {
                let library = sanitize::name(library);
                return format!("install {library}, or add its folder to LD_LIBRARY_PATH");
            }
            Self::NoSuchFile { .. } => "check the path",
            Self::AmbiguousName { .. } => "give the path of one of them",
            Self::DigestMismatch { .. } => {
                "get the expected file, or pass this digest to --plugin-sha256"
            }
            Self::NoSuchPlugin { .. } => {
                "name a folder with --plugin-dir, or give a path with a slash"
            }
            Self::NoSuchPluginAndNoPython { .. } => {
                "name a plugin folder with --plugin-dir, or an interpreter with --python"
            }
            Self::NoDigest(_) => "leave out --plugin-sha256, or give the path of a .py file",
            Self::NotPython(_) => "leave out --python for a library",
            Self::NoPermission(_) => {
                "check the permissions of the file and of the folders above it"
            }
            Self::Unreadable { .. } => "check the path and the disk",
            Self::IsDirectory(_) => {
                "give the path of a library in it, or pass the folder to --plugin-dir"
            }
            Self::Empty(_) | Self::Truncated { .. } => "copy or build the file again",
            Self::NotALibrary(_) | Self::NotAPlugin(_) | Self::NoClasses(_) => {
                "a plugin is a crate of type cdylib that calls export_plugins!"
            }
            Self::WrongArchitecture { .. } => "build the plugin for this machine",
            Self::NewerCLibrary { .. } => "build the plugin on an older system, or update this one",
            Self::CannotLoad { .. } => {
                "ldd lists what it needs; no library loads from a file system mounted noexec"
            }
            Self::WrongInterface { .. }
            | Self::WrongAbiStable { .. }
            | Self::IncompatibleLayout { .. } => {
                "build the plugin again with the plugin crate of this worker"
            }
            Self::PatchedInterface { .. } => "build the plugin with the published plugin crate",
            Self::BadDescription { .. }
            | Self::DescribeFailed { .. }
            | Self::ClassPanicked { .. } => "report this to the author of the plugin",
            Self::NoSuchClass { .. } | Self::AmbiguousClass { .. } => {
                "name one of them with --class"
            }
            Self::ClassFailed { .. } => "see the requirements of the plugin",
        };
        hint.to_owned()
    }
}

fn did_you_mean(names: &[String]) -> String {
    let names = names.iter().map(|name| format!("'{}'", sanitize::name(name)));
    format!("did you mean {}?", names.collect::<Vec<_>>().join(" or "))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;
    use universal_worker_sanitize::MAX_SUGGESTIONS;

    /// Every variant, with hostile text in it.
    fn hostile_errors() -> Vec<LoadError> {
        let text = || "long\n\u{7}".repeat(1000);
        let file = || PathBuf::from(text());
        let suggestions = || vec![text(); MAX_SUGGESTIONS];
        let (theirs, ours) = (text, "100.100.100");
        let broken = || serde_json::from_str::<bool>(&format!("{:?}", "x".repeat(999)));
        vec![
            LoadError::NoSuchFile { file: file(), suggestions: suggestions() },
            LoadError::AmbiguousName { name: text(), folder: file(), files: vec![text(); 9] },
            LoadError::DigestMismatch { file: file(), actual: "a".repeat(64) },
            LoadError::PatchedInterface { file: file(), version: theirs(), detail: text() },
            LoadError::NoSuchPlugin { name: text(), searched: text(), suggestions: suggestions() },
            LoadError::NoSuchPlugin { name: text(), searched: text(), suggestions: Vec::new() },
            LoadError::NoSuchPluginAndNoPython {
                name: text(),
                searched: text(),
                suggestions: suggestions(),
                why: text(),
            },
            LoadError::NoDigest(text()),
            LoadError::NotPython(file()),
            LoadError::NoPermission(file()),
            LoadError::Unreadable { file: file(), source: io::Error::other(text()) },
            LoadError::IsDirectory(file()),
            LoadError::Empty(file()),
            LoadError::NotALibrary(file()),
            LoadError::WrongArchitecture {
                file: file(),
                theirs: "processor number 65535".into(),
                ours: "loongarch64",
            },
            LoadError::Truncated { file: file(), has: u64::MAX, needs: u64::MAX },
            LoadError::MissingLibrary { file: file(), library: text() },
            LoadError::NewerCLibrary { file: file(), version: text() },
            LoadError::CannotLoad { file: file(), cause: text() },
            LoadError::NotAPlugin(file()),
            LoadError::WrongAbiStable {
                file: file(),
                theirs: format!("{0}.{0}", u32::MAX),
                ours: format!("{0}.{0}", u32::MAX),
            },
            LoadError::WrongInterface { file: file(), theirs: theirs(), ours },
            LoadError::IncompatibleLayout { file: file(), theirs: theirs(), ours, detail: text() },
            LoadError::BadDescription { file: file(), cause: broken().unwrap_err() },
            LoadError::DescribeFailed { file: file(), message: text(), detail: None },
            LoadError::NoClasses(file()),
            LoadError::NoSuchClass {
                file: file(),
                class: text(),
                available: text(),
                suggestions: suggestions(),
            },
            LoadError::AmbiguousClass { file: file(), available: text() },
            LoadError::ClassFailed { file: file(), class: text(), message: text(), detail: None },
            LoadError::ClassPanicked { file: file(), class: text(), message: text(), detail: None },
        ]
    }

    #[test]
    fn message_and_hint_are_one_line_below_400_characters() {
        for error in hostile_errors() {
            let line = format!("{error} ({})", error.hint());
            assert!(line.chars().count() < 400, "{} in {line}", line.chars().count());
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn the_detail_has_what_the_message_cuts_off() {
        let cause = format!("{}end", "x".repeat(999));
        let error = LoadError::CannotLoad { file: "libx.so".into(), cause };
        assert!(!error.to_string().contains("end"));
        assert!(error.detail().is_some_and(|detail| detail.ends_with("end")));
        let error = LoadError::CannotLoad { file: "libx.so".into(), cause: "short".into() };
        assert_eq!(error.detail(), None);
    }
}
