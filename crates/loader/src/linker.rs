//! The error texts of the dynamic linker.

use std::io;
use std::path::Path;

use crate::error::LoadError;

/// Error numbers of a system that is short of something: ENOMEM, ENFILE, EMFILE (errno(3)).
pub(crate) const SHORTAGES: [i32; 3] = [12, 23, 24];

/// Turns the text of dlerror(3) into a load error; recognizes the texts of glibc.
///
/// `absolute` is the path that was passed to the linker.
pub(crate) fn error(file: &Path, absolute: &Path, text: &str) -> LoadError {
    let text = without_path(absolute, text.trim());
    if let Some(source) = shortage(text) {
        return LoadError::Unreadable { file: file.to_owned(), source };
    }
    if let Some((library, _)) = text.split_once(": cannot open shared object file: No such file") {
        return LoadError::MissingLibrary { file: file.to_owned(), library: library.to_owned() };
    }
    if let Some((_, rest)) = text.split_once("version `GLIBC_")
        && let Some((version, _)) = rest.split_once("' not found")
    {
        let version = format!("GLIBC_{version}");
        return LoadError::NewerCLibrary { file: file.to_owned(), version };
    }
    if text.contains("cannot dynamically load") {
        return LoadError::NotALibrary(file.to_owned());
    }
    LoadError::CannotLoad { file: file.to_owned(), cause: text.to_owned() }
}

/// The system error at the end of the text, if the system is short of something.
fn shortage(text: &str) -> Option<io::Error> {
    let errors = SHORTAGES.into_iter().map(io::Error::from_raw_os_error);
    errors.into_iter().find(|error| {
        let named = error.to_string();
        let name = named.split(" (os error").next().unwrap_or(&named);
        text.ends_with(&format!(": {name}"))
    })
}

/// The text without the path at its start: the error has the file already.
fn without_path<'a>(absolute: &Path, text: &'a str) -> &'a str {
    let rest = absolute.to_str().and_then(|path| text.strip_prefix(path)?.strip_prefix(": "));
    rest.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_for(text: &str) -> LoadError {
        error(Path::new("./libx.so"), Path::new("/p/libx.so"), text)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(error_for(text).to_string(), expected);
    }

    #[test]
    fn a_missing_library_is_named() {
        check(
            "libcudart.so.12: cannot open shared object file: No such file or directory",
            "./libx.so: needs libcudart.so.12, which is not found",
        );
    }

    #[test]
    fn only_a_newer_c_library_has_its_own_error() {
        check(
            "/lib/libc.so.6: version `GLIBC_2.99' not found (required by /p/libx.so)",
            "./libx.so: needs GLIBC_2.99 of the C library, but this system has an older one",
        );
        check(
            "/lib/libstdc++.so.6: version `GLIBCXX_3.4.99' not found (required by /p/libx.so)",
            "./libx.so: cannot be loaded: /lib/libstdc++.so.6: version `GLIBCXX_3.4.99' not \
             found (required by /p/libx.so)",
        );
    }

    #[test]
    fn a_shortage_is_not_a_missing_library() {
        for (text, expected) in [
            (
                "/p/libx.so: cannot open shared object file: Too many open files",
                "./libx.so: cannot be read: Too many open files (os error 24)",
            ),
            (
                "libcudart.so.12: failed to map segment from shared object: Cannot allocate memory",
                "./libx.so: cannot be read: Cannot allocate memory (os error 12)",
            ),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn a_program_is_not_a_library() {
        let error =
            error_for("/p/libx.so: cannot dynamically load position-independent executable");
        assert!(matches!(error, LoadError::NotALibrary(_)), "{error}");
    }

    #[test]
    fn other_texts_are_passed_on_without_the_path() {
        check(
            "/p/libx.so: undefined symbol: foo",
            "./libx.so: cannot be loaded: undefined symbol: foo",
        );
    }
}
