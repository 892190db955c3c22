//! The smallest universal-worker plugin.
