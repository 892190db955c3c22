//! The manual page, and the tables of the documentation.
//!
//! `cargo xtask man` writes both, by the example `reference` of this crate.

mod man;
mod markdown;

pub use man::man_page;
pub use markdown::update_page;
