//! The memory that this process may still use, by its resource limits and control groups.

use std::path::{Path, PathBuf};

use crate::linux;

/// The memory that this process may still use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLeft {
    /// In bytes.
    pub bytes: u64,
    /// What limits it.
    pub limit: MemoryLimit,
}

/// What limits the memory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLimit {
    /// `RLIMIT_AS` (`ulimit -v`).
    AddressSpace,
    /// `memory.max` or `memory.limit_in_bytes` of its control group, or of a parent of that.
    ControlGroup,
}

impl MemoryLimit {
    /// Its name, for messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressSpace => "RLIMIT_AS",
            Self::ControlGroup => "the memory limit of the cgroup",
        }
    }
}

/// The memory that this process may still use now; `None` if nothing limits it, or if that cannot be
/// read.
#[must_use]
pub fn memory_left() -> Option<MemoryLeft> {
    let read = |file: &Path| {
        let mut text = Vec::new();
        linux::read_file(file, &mut text).ok()?;
        String::from_utf8(text).ok()
    };
    let own = |file: &str| read(&Path::new("/proc/self").join(file));
    let left = |limit| move |bytes| MemoryLeft { bytes, limit };
    let limit = own("limits").and_then(|limits| address_space_limit(&limits));
    let space = limit.and_then(|limit| address_space_left(limit, &own("status")?));
    let groups = own("cgroup").unwrap_or_default();
    let groups = groups.lines().filter_map(|line| group_left(line, &read)).min();
    let space = space.map(left(MemoryLimit::AddressSpace));
    let groups = groups.map(left(MemoryLimit::ControlGroup));
    space.into_iter().chain(groups).min_by_key(|left| left.bytes)
}

/// The limit in the text of `/proc/self/limits`.
fn address_space_limit(limits: &str) -> Option<u64> {
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max address space"));
    soft?.split_ascii_whitespace().next()?.parse().ok()
}

/// What the text of `/proc/self/status` leaves of the limit.
fn address_space_left(limit: u64, status: &str) -> Option<u64> {
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib: u64 = size?.split_ascii_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(kib.saturating_mul(1024)))
}

/// What the control group in a line of `/proc/self/cgroup`, and the parents of it, leave.
fn group_left(line: &str, read: &impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (root, files) = if controllers.is_empty() {
        ("/sys/fs/cgroup", &UNIFIED)
    } else if controllers.split(',').any(|controller| controller == "memory") {
        ("/sys/fs/cgroup/memory", &LEGACY)
    } else {
        return None;
    };
    // In a container, the path may be that of the host; then only the root exists.
    let group = PathBuf::from(format!("{root}{path}"));
    let groups = group.ancestors().take_while(|group| group.starts_with(root));
    groups.filter_map(|group| files.left(&|file| read(&group.join(file)))).min()
}

/// The files of a memory controller.
struct ControllerFiles {
    limit: &'static str,
    usage: &'static str,
    /// The keys of pages in `memory.stat` that the kernel drops when memory is short.
    reclaimable: [&'static str; 2],
}

const UNIFIED: ControllerFiles = ControllerFiles {
    limit: "memory.max",
    usage: "memory.current",
    reclaimable: ["inactive_file", "active_file"],
};

const LEGACY: ControllerFiles = ControllerFiles {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    reclaimable: ["total_inactive_file", "total_active_file"],
};

impl ControllerFiles {
    /// What one group leaves; `None` if it has no limit.
    fn left(&self, read: &impl Fn(&str) -> Option<String>) -> Option<u64> {
        let number = |file| read(file)?.trim().parse::<u64>().ok();
        // The kernel writes no limit as a number that no machine has. It adds up the figures of the
        // group when they are read, which takes a while.
        let limit = number(self.limit).filter(|limit| *limit < NO_LIMIT)?;
        let stat = read("memory.stat").unwrap_or_default();
        let pages = stat.lines().filter_map(|line| line.split_once(' '));
        let reclaimable = pages.filter(|(key, _)| self.reclaimable.contains(key));
        let reclaimable: u64 = reclaimable.filter_map(|(_, bytes)| bytes.parse::<u64>().ok()).sum();
        let used = number(self.usage)?.saturating_sub(reclaimable);
        Some(limit.saturating_sub(used))
    }
}

const NO_LIMIT: u64 = 1 << 60;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str =
        "Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max address space         262144000            unlimited            bytes     
";

    #[test]
    fn the_address_space_in_use_is_subtracted() {
        let status = "Name:\tworker\nVmPeak:\t  200000 kB\nVmSize:\t  100000 kB\n";
        let limit = address_space_limit(LIMITS).unwrap();
        assert_eq!(address_space_left(limit, status), Some(262_144_000 - 102_400_000));
        assert_eq!(address_space_left(limit, "VmSize:\t  300000 kB\n"), Some(0));
        assert_eq!(address_space_left(limit, ""), None);
        assert_eq!(address_space_limit(&LIMITS.replace("262144000", "unlimited")), None);
        assert_eq!(address_space_limit(""), None);
    }

    /// Files below a root, by their paths.
    fn files<'f>(files: &'f [(&str, &str)]) -> impl Fn(&Path) -> Option<String> + 'f {
        |path| {
            let found = files.iter().find(|(known, _)| Path::new(known) == path);
            found.map(|(_, text)| (*text).to_owned())
        }
    }

    #[test]
    fn the_group_and_its_parents_limit_the_memory() {
        let unified = files(&[
            ("/sys/fs/cgroup/a/memory.max", "1000\n"),
            ("/sys/fs/cgroup/a/memory.current", "600\n"),
            ("/sys/fs/cgroup/a/memory.stat", "anon 100\ninactive_file 50\nactive_file 250\n"),
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/b/memory.current", "1\n"),
        ]);
        assert_eq!(group_left("0::/a/b", &unified), Some(700));
        assert_eq!(group_left("0::/", &unified), None);
        assert_eq!(group_left("4:cpu,cpuacct:/a/b", &unified), None);
        let legacy = files(&[
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1500\n"),
            ("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file 100\ninactive_file 9\n"),
        ]);
        assert_eq!(group_left("4:memory:/docker/0123", &legacy), Some(600));
        let unlimited = files(&[
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1500\n"),
        ]);
        assert_eq!(group_left("4:memory:/", &unlimited), None);
    }

    #[test]
    fn malformed_files_limit_nothing() {
        for line in ["", "0", "0::", "0:", "x:memory:/../..", "0::relative"] {
            assert_eq!(group_left(line, &|_| Some("\u{fffd}".to_owned())), None, "{line}");
        }
    }
}
