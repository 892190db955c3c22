//! What the author of a universal-worker plugin depends on.
