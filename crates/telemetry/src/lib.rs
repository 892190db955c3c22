//! Measures CPU time and memory of a process and its descendants.
//!
//! ```
//! use universal_worker_telemetry::Sampler;
//!
//! let sampler = Sampler::new(std::process::id());
//! let sample = sampler.sample();
//! assert_eq!(sample.pid, std::process::id());
//! assert!(sample.memory_rss_mb > Some(0.0));
//! ```
//!
//! - [`Sampler`] measures a process tree.
//!   CPU load is computed from the previous sample.
//!   A sample is cached for [`SAMPLE_TTL`]; it takes some ten microseconds per process of the tree,
//!   however many others the machine has.
//! - [`ProcessMeter`] and [`thread_cpu_time`] measure one piece of work in this process, before and after.
//! - [`memory_left`] is what resource limits and control groups leave this process.
//! - [`descendants`] lists a process tree.
//! - [`check_procfs`] says whether the pids in `/proc` are those of this process.
//!
//! The crate reads proc(5) and supports only Linux.
//! A `/proc` that belongs to another pid namespace is not read: what it would tell is unknown.

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("universal-worker-telemetry supports only Linux: it reads /proc");

mod cpu_load;
mod linux;
mod memory_left;
mod meter;
mod process_stat;
mod sampler;
mod tree;
mod visit;

pub use linux::check_procfs;
pub use memory_left::MemoryLeft;
pub use memory_left::MemoryLimit;
pub use memory_left::memory_left;
pub use meter::ProcessMeter;
pub use meter::ProcessUsage;
pub use meter::thread_cpu_time;
pub use sampler::SAMPLE_TTL;
pub use sampler::Sample;
pub use sampler::Sampler;
pub use tree::descendants;
pub use tree::parent;
pub use tree::visit_descendants;
pub use visit::Visit;
