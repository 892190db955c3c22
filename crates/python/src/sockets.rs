//! The worker's sockets in processes that the plugin forks.
//!
//! A child that kept them would keep the worker's clients waiting after the worker has ended.

use std::fs;
use std::os::fd::RawFd;
use std::sync::OnceLock;

use crate::imp;
use crate::imp::SocketName;

static OURS: OnceLock<Vec<SocketName>> = OnceLock::new();

/// Remembers the names of the sockets that are open, before the plugin opens any: the one that the
/// worker listens on.
pub(crate) fn remember() {
    OURS.get_or_init(|| open().into_iter().map(|(_, name)| name).collect());
}

/// Closes the sockets with these names, which connections have, too.
pub(crate) fn close() {
    let ours = OURS.get().map(Vec::as_slice).unwrap_or_default();
    for (fd, name) in open() {
        if ours.contains(&name) {
            imp::close(fd);
        }
    }
}

/// The open sockets that have a name.
fn open() -> Vec<(RawFd, SocketName)> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let numbers: Vec<RawFd> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.into_iter().filter_map(|fd| Some((fd, imp::socket_name(fd)?))).collect()
}
