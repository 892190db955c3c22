//! Makes an environment's interpreter start this worker when a published host asks for the
//! published one.
//!
//! A file of the kind `.pth` in the environment's packages, which Python reads at its start, runs
//! the package's `takeover.py` if the command line names a worker's module.
//! It does nothing if that file is gone, so the published worker runs then.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io, process};

use universal_worker_sanitize as sanitize;

use crate::environment::Environment;
use crate::error::InterpreterError;
use crate::invocation::WORKER_MODULES;
use crate::package::Package;

/// The name of the file in the environment's packages.
const FILE: &str = "universal_worker_takeover.pth";

/// The start of its content, by which a file is known to be the worker's.
const START: &str = "import sys; \"universal-worker\"; ";

/// What has changed in an environment, displayed in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its interpreter starts this worker from now on, by this file.
    TakenOver(PathBuf),
    /// It did so before, and nothing has changed.
    TakenOverBefore(PathBuf),
    /// It starts the published worker again, because this file is removed.
    GivenBack(PathBuf),
    /// It was not taken over, and nothing has changed.
    NotTakenOver(PathBuf),
}

/// Makes the interpreter of the environment in `folder` start this worker.
///
/// # Errors
/// If the folder is no environment, or the file cannot be written, or one of its name is foreign.
pub fn take_over(folder: &Path, package: &Package) -> Result<Change, InterpreterError> {
    let file = file_in(folder)?;
    let text = text(&package.take_over_script());
    match own_content(&file)? {
        Some(content) if content == text => Ok(Change::TakenOverBefore(file)),
        _ => {
            write(&file, &text).map_err(io_error(&file))?;
            Ok(Change::TakenOver(file))
        }
    }
}

/// Undoes [`take_over`].
///
/// # Errors
/// If the folder is no environment, or the file is foreign or cannot be removed.
pub fn give_back(folder: &Path) -> Result<Change, InterpreterError> {
    let file = file_in(folder)?;
    if own_content(&file)?.is_none() {
        return Ok(Change::NotTakenOver(folder.to_owned()));
    }
    fs::remove_file(&file).map_err(io_error(&file))?;
    Ok(Change::GivenBack(file))
}

fn file_in(folder: &Path) -> Result<PathBuf, InterpreterError> {
    let environment = Environment::new(folder);
    let missing =
        |missing| InterpreterError::NotAnEnvironment { folder: folder.to_owned(), missing };
    let program = environment.program().ok_or_else(|| missing("it has no bin/python"))?;
    if Environment::of_program(&program).is_none() {
        return Err(missing("it has neither pyvenv.cfg nor conda-meta"));
    }
    let packages = environment.site_packages().into_iter().next();
    let packages = packages.ok_or_else(|| missing("it has no lib/python3.*/site-packages"))?;
    Ok(packages.join(FILE))
}

/// The content of the file, if there is one; a link, or what is no file, is foreign.
fn own_content(file: &Path) -> Result<Option<String>, InterpreterError> {
    if fs::symlink_metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(InterpreterError::Foreign(file.to_owned()));
    }
    match fs::read_to_string(file) {
        Ok(content) if content.starts_with(START) => Ok(Some(content)),
        Ok(_) => Err(InterpreterError::Foreign(file.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(InterpreterError::Foreign(file.to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(file)(error)),
    }
}

/// Writes a temporary file and renames it, because an interpreter may start at any time.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension(format!("fresh-{}", process::id()));
    let mut made = File::options().write(true).create_new(true).open(&fresh)?;
    let written = made.write_all(text.as_bytes()).and_then(|()| fs::rename(&fresh, file));
    written.inspect_err(|_| drop(fs::remove_file(&fresh)))
}

fn io_error(file: &Path) -> impl FnOnce(io::Error) -> InterpreterError {
    move |source| InterpreterError::Io { file: file.to_owned(), source }
}

/// The content of the file: one line, since Python executes lines that begin with `import`.
///
/// It imports nothing unless the command line names a worker's module.
fn text(script: &Path) -> String {
    let script = python_literal(script);
    let modules = WORKER_MODULES.map(|module| format!("\"{module}\"")).join(", ");
    format!(
        "{START}\
         [exec(compile(open(file).read(), file, \"exec\"), \
         {{\"__file__\": file, \"__name__\": \"takeover\"}}) \
         for file in [{script}] \
         if {{{modules}}}\
         .intersection(getattr(sys, \"orig_argv\", ())) \
         and __import__(\"os\").path.isfile(file)]\n"
    )
}

/// A path as a string literal of Python's in ASCII, because the encoding of these files differs
/// between versions.
fn python_literal(path: &Path) -> String {
    let mut literal = "\"".to_owned();
    // Writing to a string cannot fail.
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            let _ = match c {
                '"' | '\\' => write!(literal, "\\{c}"),
                ' '..='~' => write!(literal, "{c}"),
                c => write!(literal, "\\U{:08x}", u32::from(c)),
            };
        }
        // Python's form of a byte that is not UTF-8 (os.fsdecode).
        for byte in chunk.invalid() {
            let _ = write!(literal, "\\udc{byte:02x}");
        }
    }
    literal + "\""
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakenOver(file) => write!(f, "taken over by {}", sanitize::path(file)),
            Self::TakenOverBefore(file) => {
                write!(f, "was taken over before, by {}", sanitize::path(file))
            }
            Self::GivenBack(file) => write!(f, "given back: {} is removed", sanitize::path(file)),
            Self::NotTakenOver(folder) => {
                write!(f, "nothing to give back: {} is not taken over", sanitize::path(folder))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A virtual environment, and a package.
    fn environment() -> (tempfile::TempDir, Package) {
        let dir = tempfile::tempdir().unwrap();
        let create = |name: &str| {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            file
        };
        let python = create("bin/python");
        fs::set_permissions(python, fs::Permissions::from_mode(0o755)).unwrap();
        create("pyvenv.cfg");
        create("lib/python3.12/site-packages/other.pth");
        create("python/universal_worker/worker.py");
        let package = Package::find(&[&dir.path().join("universal-worker")]).unwrap();
        (dir, package)
    }

    #[test]
    fn a_take_over_writes_one_file_and_can_be_undone_and_repeated() {
        let (dir, package) = environment();
        let packages = dir.path().join("lib/python3.12/site-packages");
        let file = packages.join(FILE);
        let take = || take_over(dir.path(), &package).unwrap();
        let give = || give_back(dir.path()).unwrap();
        assert_eq!(give(), Change::NotTakenOver(dir.path().to_owned()));
        assert_eq!(take(), Change::TakenOver(file.clone()));
        assert_eq!(take(), Change::TakenOverBefore(file.clone()));
        assert_eq!(fs::read_dir(&packages).unwrap().count(), 2);
        let content = fs::read_to_string(&file).unwrap();
        assert_eq!(content.lines().count(), 1);
        assert!(content.starts_with("import "), "{content}");
        fs::write(&file, format!("{START}of an older version\n")).unwrap();
        assert_eq!(take(), Change::TakenOver(file.clone()));
        assert_eq!(give(), Change::GivenBack(file));
        assert_eq!(fs::read_dir(packages).unwrap().count(), 1);
    }

    #[test]
    fn a_foreign_file_is_left_alone() {
        let (dir, package) = environment();
        let file = dir.path().join("lib/python3.12/site-packages").join(FILE);
        for content in [&b"import sys\n"[..], b"", b"\xff"] {
            fs::write(&file, content).unwrap();
            let error = take_over(dir.path(), &package).unwrap_err();
            assert!(matches!(error, InterpreterError::Foreign(_)), "{error}");
            assert!(matches!(give_back(dir.path()), Err(InterpreterError::Foreign(_))));
            assert_eq!(fs::read(&file).unwrap(), content);
        }
        let target = dir.path().join("target");
        fs::write(&target, format!("{START}in a file that a link names\n")).unwrap();
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(&target, &file).unwrap();
        assert!(matches!(take_over(dir.path(), &package), Err(InterpreterError::Foreign(_))));
        assert!(matches!(give_back(dir.path()), Err(InterpreterError::Foreign(_))));
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    }

    #[test]
    fn what_is_no_environment_is_refused() {
        let (dir, package) = environment();
        for (name, missing) in [
            ("lib/python3.12/site-packages", "site-packages"),
            ("pyvenv.cfg", "neither pyvenv.cfg nor conda-meta"),
            ("bin/python", "no bin/python"),
        ] {
            let path = dir.path().join(name);
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
            let error = take_over(dir.path(), &package).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
            assert!(give_back(dir.path()).is_err());
        }
    }

    #[test]
    fn a_path_becomes_a_literal_in_ascii() {
        let literal = |path: &[u8]| python_literal(Path::new(OsStr::from_bytes(path)));
        assert_eq!(literal(b"/a b/'c\"\\"), r#""/a b/'c\"\\""#);
        assert_eq!(literal("/é\n".as_bytes()), r#""/\U000000e9\U0000000a""#);
        assert_eq!(literal(b"/\xff"), r#""/\udcff""#);
    }
}
