//! A corpus of speech, noise and sounds, and how segments of speech are judged on it.
//!
//! Everything is made from two recordings in the public domain, by seed: [`voice`] changes the speaker and
//! the room, [`noise`] makes what is heard beside them, [`scene`] mixes both, and [`corpus`] lists the
//! scenes.
//! [`judge`] compares segments with the truth, which is measured on the recordings before they are mixed.
//! [`detector`] is the only part that knows the plugin `voice-activity`.

pub mod corpus;
pub mod detector;
pub mod filter;
pub mod judge;
pub mod noise;
pub mod random;
pub mod recordings;
pub mod scene;
pub mod signal;
pub mod voice;
