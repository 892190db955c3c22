//! Decisions of a visitor of a process tree.

/// How a visit continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Visit the descendants of this process.
    Descend,
    /// Do not visit the descendants of this process.
    Skip,
}
