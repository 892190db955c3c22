//! What the dynamic linker says, and what it means.

use std::path::Path;

use crate::error::LoadError;

/// Turns the text of `dlerror` into the error that it tells of; glibc's texts are known.
///
/// `absolute` is the path by which the linker knows the file.
pub(crate) fn refusal(file: &Path, absolute: &Path, said: &str) -> LoadError {
    let said = without_path(absolute, said.trim());
    if let Some((library, _)) = said.split_once(": cannot open shared object file: No such file") {
        return LoadError::MissingLibrary { file: file.to_owned(), library: library.to_owned() };
    }
    if let Some((_, rest)) = said.split_once("version `GLIBC_")
        && let Some((version, _)) = rest.split_once("' not found")
    {
        let version = format!("GLIBC_{version}");
        return LoadError::NewerCLibrary { file: file.to_owned(), version };
    }
    if said.contains("cannot dynamically load") {
        return LoadError::NotALibrary(file.to_owned());
    }
    LoadError::Refused { file: file.to_owned(), cause: said.to_owned() }
}

/// The error names the file itself.
fn without_path<'a>(absolute: &Path, said: &'a str) -> &'a str {
    let rest = absolute.to_str().and_then(|path| said.strip_prefix(path)?.strip_prefix(": "));
    rest.unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(said: &str) -> LoadError {
        refusal(Path::new("./libx.so"), Path::new("/p/libx.so"), said)
    }

    fn check(said: &str, told: &str) {
        assert_eq!(refused(said).to_string(), told);
    }

    #[test]
    fn a_missing_library_is_named() {
        check(
            "libcudart.so.12: cannot open shared object file: No such file or directory",
            "./libx.so: needs libcudart.so.12, which is not found",
        );
    }

    #[test]
    fn a_newer_c_library_is_one_and_a_newer_other_library_is_not() {
        check(
            "/lib/libc.so.6: version `GLIBC_2.99' not found (required by /p/libx.so)",
            "./libx.so: needs GLIBC_2.99 of the C library, which is older here",
        );
        check(
            "/lib/libstdc++.so.6: version `GLIBCXX_3.4.99' not found (required by /p/libx.so)",
            "./libx.so: cannot be loaded: /lib/libstdc++.so.6: version `GLIBCXX_3.4.99' not \
             found (required by /p/libx.so)",
        );
    }

    #[test]
    fn a_program_is_no_library() {
        let said = "/p/libx.so: cannot dynamically load position-independent executable";
        let error = refused(said);
        assert!(matches!(error, LoadError::NotALibrary(_)), "{error}");
    }

    #[test]
    fn the_rest_is_passed_on_without_the_file_twice() {
        check(
            "/p/libx.so: undefined symbol: foo",
            "./libx.so: cannot be loaded: undefined symbol: foo",
        );
    }
}
