//! Limits of the system, by the names under which they can be changed.

use std::io;

use rustix::io::Errno;
use rustix::process::Resource;

use crate::imp;

/// What to do about a limit that is reached.
pub const HINT: &str = "raise the limit, or use less of it elsewhere";

/// Makes the C library reserve less address space, if that is limited; call it before threads start.
///
/// Otherwise it reserves 64 MiB for each thread that allocates (mallopt(3), M_ARENA_MAX), so that a
/// limit that is several times what the process uses is reached.
pub fn spare_address_space() {
    if imp::soft_limit(Resource::As).is_some() {
        imp::use_one_arena();
    }
}

/// Describes an error that means that a limit is reached: which one, and its value.
#[must_use]
pub fn describe(error: &io::Error) -> Option<String> {
    let limited = |text: &str, resource, names: &str| match imp::soft_limit(resource) {
        Some(limit) => format!("{text}: the limit is {limit} ({names})"),
        None => text.to_owned(),
    };
    Some(match Errno::from_io_error(error)? {
        Errno::MFILE => limited(
            "too many open files",
            Resource::Nofile,
            "ulimit -n, RLIMIT_NOFILE, LimitNOFILE= of systemd",
        ),
        Errno::NFILE => "too many open files in the whole system (sysctl fs.file-max)".to_owned(),
        Errno::NOMEM => limited(
            "out of memory",
            Resource::As,
            "bytes of address space: ulimit -v, RLIMIT_AS, LimitAS= of systemd",
        ),
        Errno::FBIG => limited(
            "the file reaches its limit of size",
            Resource::Fsize,
            "bytes: ulimit -f, RLIMIT_FSIZE, LimitFSIZE= of systemd",
        ),
        Errno::NOSPC => "the disk is full".to_owned(),
        Errno::DQUOT => "the disk quota of the user is used up".to_owned(),
        _ => return None,
    })
}

/// Describes why a thread or process cannot be started, if that is a limit; the system does not say
/// which one.
#[must_use]
pub fn describe_start(error: &io::Error) -> Option<String> {
    if Errno::from_io_error(error)? != Errno::AGAIN {
        return describe(error);
    }
    let named = [
        (Resource::Nproc, "processes and threads of the user (ulimit -u, RLIMIT_NPROC)"),
        (Resource::As, "bytes of address space (ulimit -v, RLIMIT_AS)"),
    ];
    let set = named.into_iter().filter_map(|(resource, what)| {
        let limit = imp::soft_limit(resource)?;
        Some(format!("{limit} {what}"))
    });
    let other = "pids.max of the cgroup (TasksMax= of systemd)".to_owned();
    let limits: Vec<String> = set.chain([other]).collect();
    Some(format!("a limit is reached: {}", limits.join(", or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_reported_by_name_and_value() {
        let files = imp::soft_limit(Resource::Nofile).unwrap();
        let error = io::Error::from(Errno::MFILE);
        let expected = format!("too many open files: the limit is {files} (ulimit -n,");
        assert!(describe(&error).unwrap().starts_with(&expected), "{:?}", describe(&error));
        assert_eq!(describe(&Errno::NOSPC.into()).as_deref(), Some("the disk is full"));
        assert_eq!(describe(&Errno::NOENT.into()), None);
        assert_eq!(describe(&io::ErrorKind::OutOfMemory.into()), None);
        let threads = describe_start(&Errno::AGAIN.into()).unwrap();
        assert!(threads.contains("pids.max"), "{threads}");
    }
}
