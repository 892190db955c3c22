//! Which core the server and the load run on.

use std::fs;
use std::io;
use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Where a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a core of its own.
    OwnCore,
    /// On the core of the load.
    LoadCore,
    /// Wherever the system likes.
    Anywhere,
}

/// The cores of this program when it started, and those that it chose.
#[derive(Debug)]
struct Cores {
    all: CpuSet,
    /// One core for the server and one for the load, if there are two.
    pair: Option<(usize, usize)>,
}

static CORES: OnceLock<Cores> = OnceLock::new();

/// Chooses the cores, and moves this thread to that of the load.
pub(crate) fn choose() -> io::Result<()> {
    let all = sched_getaffinity(None)?;
    let numbers: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
    let pair = pair(&numbers, siblings);
    let cores = CORES.get_or_init(|| Cores { all, pair });
    if let Some((_, load)) = cores.pair { pin(load) } else { Ok(()) }
}

/// Whether server and load have a core each.
pub(crate) fn are_pinned() -> bool {
    CORES.get().is_some_and(|cores| cores.pair.is_some())
}

/// The number of cores that this program could use when it started.
pub(crate) fn count() -> u32 {
    CORES.get().map_or(1, |cores| cores.all.count())
}

/// Calls `start`; the processes that it starts run at `place`.
pub(crate) fn start_at<T>(place: Place, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let Some(Cores { all, pair: Some((server, load)) }) = CORES.get() else { return start() };
    // A child inherits the cores of the thread that starts it.
    match place {
        Place::OwnCore => pin(*server)?,
        Place::LoadCore => pin(*load)?,
        Place::Anywhere => sched_setaffinity(None, all)?,
    }
    let started = start();
    pin(*load)?;
    started
}

fn pin(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// The first core, and if possible one that is not another thread of the same core.
fn pair(cores: &[usize], siblings: impl Fn(usize) -> Vec<usize>) -> Option<(usize, usize)> {
    let (first, others) = cores.split_first()?;
    let siblings = siblings(*first);
    let apart = others.iter().find(|core| !siblings.contains(core));
    Some((*first, *apart.or(others.first())?))
}

/// The hardware threads of a core, such as `0,4` or `0-1`.
fn siblings(core: usize) -> Vec<usize> {
    let path = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
    fs::read_to_string(path).map(|list| parse_list(list.trim())).unwrap_or_default()
}

fn parse_list(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_gets_another_core() {
        assert_eq!(pair(&[0, 1, 2, 3], |_| vec![0, 1]), Some((0, 2)));
        assert_eq!(pair(&[4, 5], |_| vec![4, 5]), Some((4, 5)));
        assert_eq!(pair(&[7], |_| vec![7]), None);
    }

    #[test]
    fn lists_of_cores_have_ranges() {
        assert_eq!(parse_list("0-2,8"), [0, 1, 2, 8]);
        assert!(parse_list("").is_empty());
    }
}
