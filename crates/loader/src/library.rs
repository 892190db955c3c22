//! A plugin library, and its classes.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use universal_worker_abi::Class;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;
use universal_worker_abi::LibraryInfo;
use universal_worker_abi::PluginRootRef;
use universal_worker_abi::RunContext;
use universal_worker_abi::context_object;

use crate::elf;
use crate::error::LoadError;
use crate::open;
use universal_worker_sanitize as sanitize;
use universal_worker_sanitize::suggest;

/// A plugin library that is loaded, for as long as the process lives.
pub struct Library {
    file: PathBuf,
    root: PluginRootRef,
    info: LibraryInfo,
}

impl Library {
    /// Loads a library; its constructors run.
    ///
    /// # Errors
    /// When the file is no plugin for this worker.
    pub fn open(file: &Path) -> Result<Self, LoadError> {
        elf::check(file)?;
        let root = open::root(file)?;
        let described = root.describe()().into_result();
        let described = described.map_err(|fault| cannot_describe(file, fault.into()))?;
        let info = serde_json::from_slice(&described);
        let info =
            info.map_err(|cause| LoadError::BadDescription { file: file.to_owned(), cause })?;
        Ok(Self { file: file.to_owned(), root, info })
    }

    /// Where it was loaded from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What it says of itself and its classes.
    #[must_use]
    pub fn info(&self) -> &LibraryInfo {
        &self.info
    }

    /// Opens a class; its `load` runs. Without a name it is the only one there is.
    ///
    /// The context stays with the library: what the plugin logs outside of a run goes there.
    ///
    /// # Errors
    /// When there is no such class, or it refuses.
    pub fn class<C: RunContext>(
        &self,
        name: Option<&str>,
        context: Arc<C>,
    ) -> Result<Class, LoadError> {
        let class = choose(&self.file, &self.info.classes, name)?;
        let opened = self.root.open()(class.into(), context_object(context)).into_result();
        let object = opened.map_err(|fault| refusal(&self.file, class, fault.into()))?;
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
        (None, several) => {
            Err(LoadError::WhichClass { file: file.to_owned(), there: several.join(", ") })
        }
        (Some(name), there) => {
            there.iter().find(|class| **class == name).copied().ok_or_else(|| {
                LoadError::NoSuchClass {
                    file: file.to_owned(),
                    class: name.to_owned(),
                    there: there.join(", "),
                    near: suggest(name, there.iter().copied())
                        .into_iter()
                        .map(str::to_owned)
                        .collect(),
                }
            })
        }
    }
}

fn cannot_describe(file: &Path, fault: Fault) -> LoadError {
    let detail = detail_of(&fault);
    LoadError::NotDescribed { file: file.to_owned(), message: fault.message, detail }
}

/// What its line drops.
fn detail_of(fault: &Fault) -> Option<String> {
    let cut = (sanitize::text(&fault.message) != fault.message).then_some(&fault.message);
    let more = [cut, fault.detail.original.as_ref(), fault.detail.traceback.as_ref()];
    let more: Vec<&str> = more.into_iter().flatten().map(String::as_str).collect();
    (!more.is_empty()).then(|| more.join("\n"))
}

fn refusal(file: &Path, class: &str, fault: Fault) -> LoadError {
    let detail = detail_of(&fault);
    let (file, class, message) = (file.to_owned(), class.to_owned(), fault.message);
    match fault.kind {
        FaultKind::Panicked => LoadError::ClassPanicked { file, class, message, detail },
        _ => LoadError::ClassRefused { file, class, message, detail },
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

    fn chosen(classes: &[&str], name: Option<&str>) -> Result<String, LoadError> {
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
    fn the_only_class_needs_no_name() {
        assert_eq!(chosen(&["Hello"], None).unwrap(), "Hello");
        assert_eq!(chosen(&["Hello", "World"], Some("World")).unwrap(), "World");
    }

    #[test]
    fn a_class_that_is_not_clear_names_those_there_are() {
        let error = chosen(&["Hello", "World"], None).unwrap_err();
        assert_eq!(error.to_string(), "libx.so: has several classes: Hello, World");
        let error = chosen(&["Hello", "World"], Some("hello")).unwrap_err();
        assert_eq!(error.to_string(), "libx.so: has no class 'hello'; it has Hello, World");
        assert_eq!(error.hint(), "did you mean 'Hello'?");
        assert!(matches!(chosen(&[], None), Err(LoadError::NoClasses(_))));
        assert!(matches!(chosen(&[], Some("Hello")), Err(LoadError::NoClasses(_))));
    }

    #[test]
    fn a_panic_and_a_refusal_are_told_apart_and_keep_what_the_line_drops() {
        let refused =
            |kind, message: &str| refusal(Path::new("libx.so"), "Hello", Fault::new(kind, message));
        let error = refused(FaultKind::Failed, "no GPU");
        assert_eq!(error.to_string(), "libx.so: class 'Hello' refuses to load: no GPU");
        assert_eq!(error.detail(), None);
        let error = refused(FaultKind::Panicked, "one\ntwo");
        assert_eq!(error.to_string(), "libx.so: class 'Hello' panicked while loading: one two");
        assert_eq!(error.detail(), Some("one\ntwo"));
    }
}
