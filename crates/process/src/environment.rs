//! The environment of the process.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::imp;

/// Removes variables from the environment, so that neither the plugin nor its processes see them.
///
/// The value of `secret` is also erased where the process shows the environment that it was started
/// with (proc_pid_environ(5)).
/// Call it before other threads start, since they may read the environment.
pub fn remove<'a>(names: impl IntoIterator<Item = &'a OsString>, secret: &str) {
    // A name with a null byte cannot be that of a variable.
    let names = names.into_iter().filter_map(|name| CString::new(name.as_bytes()).ok()).collect();
    let names: Vec<CString> = names;
    imp::remove_variables(&names, &CString::new(secret).unwrap_or_default());
}
