//! The locks of [`cancel_token`](super::cancel_token) and [`lines`](super::lines).
//!
//! `tests::interleavings` compiles the same files over the locks of the crate `loom`.

pub(crate) use std::sync::Condvar;
pub(crate) use std::sync::Mutex;
pub(crate) use std::sync::MutexGuard;
pub(crate) use std::sync::PoisonError;
pub(crate) use std::sync::atomic::AtomicBool;
pub(crate) use std::sync::atomic::Ordering;
pub(crate) use std::thread::yield_now;
