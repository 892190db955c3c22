//! What to do about it.

use super::LoadError;
use universal_worker_sanitize as sanitize;

impl LoadError {
    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::NoSuchPlugin { near, .. }
            | Self::NoSuchClass { near, .. }
            | Self::NoSuchFile { near, .. }
                if !near.is_empty() =>
            {
                return did_you_mean(near);
            }
            Self::MissingLibrary { library, .. } => {
                let library = sanitize::name(library);
                return format!("install {library}, or name its folder in LD_LIBRARY_PATH");
            }
            Self::NoSuchFile { .. } => "check the path",
            Self::AmbiguousName { .. } => "give the path of one of them",
            Self::OtherFile { .. } => "get the right file, or give this one's to --plugin-sha256",
            Self::TooSlow { .. } => "--load-timeout gives it more time",
            Self::NoSuchPlugin { .. } => {
                "name a folder with --plugin-dir, or give a path with a slash"
            }
            Self::NoPermission(_) => "check the permissions of the file and of its folders",
            Self::Unreadable { .. } => "check the path and the disk",
            Self::Folder(_) => "name the library in it; --plugin-dir names a folder",
            Self::Empty(_) | Self::Truncated { .. } | Self::Damaged { .. } => {
                "copy or build the file again"
            }
            Self::NotALibrary(_) | Self::NotAPlugin(_) | Self::NoClasses(_) => {
                "a plugin is a crate of type cdylib that calls export_plugins!"
            }
            Self::OtherArchitecture { .. } => "build the plugin for this machine",
            Self::NewerCLibrary { .. } => "build the plugin on an older system, or update this one",
            Self::Refused { .. } => {
                "ldd shows what it needs; a folder mounted noexec refuses every library"
            }
            Self::OtherInterface { .. }
            | Self::OtherAbiStable { .. }
            | Self::IncompatibleLayout { .. } => {
                "build the plugin again with the plugin crate of this worker"
            }
            Self::PatchedInterface { .. } => {
                "build the plugin with the plugin crate as it is published"
            }
            Self::BadDescription { .. }
            | Self::NotDescribed { .. }
            | Self::ClassPanicked { .. } => "report it to the author of the plugin",
            Self::NoSuchClass { .. } | Self::WhichClass { .. } => "name one of them with --class",
            Self::ClassRefused { .. } => "see what the plugin needs",
        };
        hint.to_owned()
    }
}

fn did_you_mean(near: &[String]) -> String {
    let near: Vec<String> = near.iter().map(|near| format!("'{}'", sanitize::name(near))).collect();
    format!("did you mean {}?", near.join(" or "))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use universal_worker_sanitize::MAX_SUGGESTIONS;

    /// Each variant, with text that someone who means harm could have put there.
    fn worst() -> Vec<LoadError> {
        let text = || "long\n\u{7}".repeat(1000);
        let file = || PathBuf::from(text());
        let near = || vec![text(); MAX_SUGGESTIONS];
        let (theirs, ours) = (text, "100.100.100");
        let broken = || serde_json::from_str::<bool>(&format!("{:?}", "x".repeat(999)));
        vec![
            LoadError::NoSuchFile { file: file(), near: near() },
            LoadError::AmbiguousName { name: text(), folder: file(), files: vec![text(); 9] },
            LoadError::OtherFile { file: file(), actual: "a".repeat(64) },
            LoadError::PatchedInterface { file: file(), version: theirs(), detail: text() },
            LoadError::TooSlow {
                file: file(),
                doing: "the load of the class",
                limit: Duration::MAX,
            },
            LoadError::NoSuchPlugin { name: text(), searched: text(), near: near() },
            LoadError::NoSuchPlugin { name: text(), searched: text(), near: Vec::new() },
            LoadError::NoPermission(file()),
            LoadError::Unreadable { file: file(), source: io::Error::other(text()) },
            LoadError::Folder(file()),
            LoadError::Empty(file()),
            LoadError::NotALibrary(file()),
            LoadError::OtherArchitecture {
                file: file(),
                theirs: "processor number 65535".into(),
                ours: "loongarch64",
            },
            LoadError::Truncated { file: file(), has: u64::MAX, needs: u64::MAX },
            LoadError::Damaged { file: file(), what: text() },
            LoadError::MissingLibrary { file: file(), library: text() },
            LoadError::NewerCLibrary { file: file(), version: text() },
            LoadError::Refused { file: file(), cause: text() },
            LoadError::NotAPlugin(file()),
            LoadError::OtherAbiStable {
                file: file(),
                theirs: format!("{0}.{0}", u32::MAX),
                ours: format!("{0}.{0}", u32::MAX),
            },
            LoadError::OtherInterface { file: file(), theirs: theirs(), ours },
            LoadError::IncompatibleLayout { file: file(), theirs: theirs(), ours, detail: text() },
            LoadError::BadDescription { file: file(), cause: broken().unwrap_err() },
            LoadError::NotDescribed { file: file(), message: text(), detail: None },
            LoadError::NoClasses(file()),
            LoadError::NoSuchClass { file: file(), class: text(), there: text(), near: near() },
            LoadError::WhichClass { file: file(), there: text() },
            LoadError::ClassRefused { file: file(), class: text(), message: text(), detail: None },
            LoadError::ClassPanicked { file: file(), class: text(), message: text(), detail: None },
        ]
    }

    #[test]
    fn message_and_hint_are_one_line_below_400_characters_whatever_is_in_them() {
        for error in worst() {
            let told = format!("{error} ({})", error.hint());
            assert!(told.chars().count() < 400, "{} in {told}", told.chars().count());
            assert!(!told.contains(char::is_control), "{told:?}");
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn what_the_line_cuts_off_is_in_the_detail() {
        let cause = format!("{}end", "x".repeat(999));
        let error = LoadError::Refused { file: "libx.so".into(), cause };
        assert!(!error.to_string().contains("end"));
        assert!(error.detail().is_some_and(|detail| detail.ends_with("end")));
        let error = LoadError::Refused { file: "libx.so".into(), cause: "short".into() };
        assert_eq!(error.detail(), None);
    }
}
