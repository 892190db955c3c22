//! A plugin library and its classes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use universal_worker_abi::{
    Class, ClassInfo, Fault, FaultKind, LibraryInfo, PluginRootRef, RunContext, context_object,
};
use universal_worker_sanitize as sanitize;
use universal_worker_sanitize::suggest;

use crate::error::LoadError;
use crate::{elf, open};

/// A loaded plugin library; it is never unloaded.
pub struct Library {
    file: PathBuf,
    root: PluginRootRef,
    info: LibraryInfo,
}

impl Library {
    /// Loads a library, which runs its constructors.
    ///
    /// # Errors
    /// If the file is not a plugin for this worker, or cannot be loaded.
    pub fn open(file: &Path) -> Result<Self, LoadError> {
        elf::check(file)?;
        let root = open::root(file)?;
        let described = root.describe()().into_result();
        let described = described.map_err(|fault| describe_error(file, fault.into()))?;
        let info = serde_json::from_slice(&described);
        let info =
            info.map_err(|cause| LoadError::BadDescription { file: file.to_owned(), cause })?;
        Ok(Self { file: file.to_owned(), root, info })
    }

    /// The path it was loaded from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The library's description of itself and its classes.
    #[must_use]
    pub fn info(&self) -> &LibraryInfo {
        &self.info
    }

    /// Opens a class, which runs its `load`; without a name, the library's only class.
    ///
    /// The library keeps the context, and sends it what the plugin logs outside of runs.
    ///
    /// # Errors
    /// If the library has no such class, or its `load` fails.
    pub fn class<C: RunContext>(
        &self,
        name: Option<&str>,
        context: Arc<C>,
    ) -> Result<Class, LoadError> {
        let class = choose(&self.file, &self.info.classes, name)?;
        let opened = self.root.open()(class.into(), context_object(context)).into_result();
        let object = opened.map_err(|fault| class_error(&self.file, class, fault.into()))?;
        Class::new(object)
            .map_err(|cause| LoadError::BadDescription { file: self.file.clone(), cause })
    }
}

fn choose<'a>(
    file: &Path,
    classes: &'a [ClassInfo],
    name: Option<&str>,
) -> Result<&'a str, LoadError> {
    let names: Vec<&str> = classes.iter().map(|class| class.class.as_str()).collect();
    match (name, &names[..]) {
        (_, []) => Err(LoadError::NoClasses(file.to_owned())),
        (None, [only]) => Ok(only),
        (None, names) => {
            Err(LoadError::AmbiguousClass { file: file.to_owned(), available: names.join(", ") })
        }
        (Some(name), names) => names
            .iter()
            .find(|class| **class == name)
            .copied()
            .ok_or_else(|| no_such_class(file, name, names)),
    }
}

fn no_such_class(file: &Path, class: &str, names: &[&str]) -> LoadError {
    let suggestions = suggest(class, names.iter().copied());
    LoadError::NoSuchClass {
        file: file.to_owned(),
        class: class.to_owned(),
        available: names.join(", "),
        suggestions: suggestions.into_iter().map(str::to_owned).collect(),
    }
}

fn describe_error(file: &Path, fault: Fault) -> LoadError {
    let detail = detail_of(&fault);
    LoadError::DescribeFailed { file: file.to_owned(), message: fault.message, detail }
}

/// The details that the one-line message omits.
fn detail_of(fault: &Fault) -> Option<String> {
    let cut = (sanitize::text(&fault.message) != fault.message).then_some(&fault.message);
    let parts = [cut, fault.detail.original.as_ref(), fault.detail.traceback.as_ref()];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn class_error(file: &Path, class: &str, fault: Fault) -> LoadError {
    let detail = detail_of(&fault);
    let (file, class, message) = (file.to_owned(), class.to_owned(), fault.message);
    match fault.kind {
        FaultKind::Panicked => LoadError::ClassPanicked { file, class, message, detail },
        _ => LoadError::ClassFailed { file, class, message, detail },
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose_from(classes: &[&str], name: Option<&str>) -> Result<String, LoadError> {
        let of = |class: &&str| -> ClassInfo {
            let text = format!(
                r#"{{"class":"{class}","name":"n","version":"1","config_schema":{{}},
                    "args_schema":{{}},"output_schema":{{}}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let classes: Vec<ClassInfo> = classes.iter().map(of).collect();
        choose(Path::new("libx.so"), &classes, name).map(str::to_owned)
    }

    #[test]
    fn a_single_class_needs_no_name() {
        assert_eq!(choose_from(&["Hello"], None).unwrap(), "Hello");
        assert_eq!(choose_from(&["Hello", "World"], Some("World")).unwrap(), "World");
    }

    #[test]
    fn an_unknown_or_ambiguous_class_lists_the_available_ones() {
        let error = choose_from(&["Hello", "World"], None).unwrap_err();
        assert_eq!(error.to_string(), "libx.so: has several classes: Hello, World");
        let error = choose_from(&["Hello", "World"], Some("hello")).unwrap_err();
        assert_eq!(error.to_string(), "libx.so: has no class 'hello'; it has Hello, World");
        assert_eq!(error.hint(), "did you mean 'Hello'?");
        assert!(matches!(choose_from(&[], None), Err(LoadError::NoClasses(_))));
        assert!(matches!(choose_from(&[], Some("Hello")), Err(LoadError::NoClasses(_))));
    }

    #[test]
    fn panics_and_errors_of_load_differ_and_keep_their_detail() {
        let failed = |kind, message: &str| {
            class_error(Path::new("libx.so"), "Hello", Fault::new(kind, message))
        };
        let error = failed(FaultKind::Failed, "no GPU");
        assert_eq!(error.to_string(), "libx.so: class 'Hello' failed to load: no GPU");
        assert_eq!(error.detail(), None);
        let error = failed(FaultKind::Panicked, "one\ntwo");
        assert_eq!(error.to_string(), "libx.so: class 'Hello' panicked while loading: one two");
        assert_eq!(error.detail(), Some("one\ntwo"));
    }
}
