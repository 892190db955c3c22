//! Notices that a process is gone.
