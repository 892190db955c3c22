//! CPU time and memory of a process and all its descendants, by which a scheduler decides, and
//! what a piece of work in this process took.
//!
//! A [`Sampler`] keeps the figures of the sample before, since CPU load is a difference.
//! Samples are cached for [`FRESH`], so that it costs nothing to ask often; one costs well below a
//! millisecond whatever else runs on the machine, since only the tree's own processes are read.
//!
//! # Examples
//! ```
//! let sampler = universal_worker_telemetry::Sampler::new(std::process::id());
//! let sample = sampler.sample();
//! assert_eq!(sample.pid, std::process::id());
//! assert!(sample.memory_rss_mb > 0.0);
//! ```
//!
//! [`ProcessMeter`] and [`thread_cpu_time`] are for the work of one thread, before and after.

#![deny(missing_docs)]

mod imp;
mod load;
mod meter;
mod sampler;
mod tree;

pub use meter::ProcessMeter;
pub use meter::ProcessUsage;
pub use meter::thread_cpu_time;
pub use sampler::FRESH;
pub use sampler::Sample;
pub use sampler::Sampler;
pub use tree::Visit;
pub use tree::descendants;
pub use tree::parent;
pub use tree::visit_descendants;
