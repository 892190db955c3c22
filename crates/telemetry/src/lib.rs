//! CPU time and memory of a process tree.
