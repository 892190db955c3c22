//! What differs from system to system.

#[cfg(target_os = "linux")]
#[path = "imp/linux.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "imp/other.rs"]
mod system;

pub(crate) use system::Resident;
pub(crate) use system::open_fds;
pub(crate) use system::parent;
pub(crate) use system::process_cpu_time;
pub(crate) use system::reaped_cpu_ms;
pub(crate) use system::thread_cpu_time;
pub(crate) use system::threads;
pub(crate) use system::visit_descendants;
