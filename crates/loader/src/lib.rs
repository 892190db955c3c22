//! Finds a plugin library and opens a class of it.
