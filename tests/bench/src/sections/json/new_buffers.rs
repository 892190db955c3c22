//! Encoding into a new buffer for each call.

use std::hint::black_box;

use serde::Serialize;
use universal_worker_json::Encoder;

use super::turns::{Turns, contender, take_turns};

/// The indexes of the contenders in [`NewBuffers::turns`].
pub(super) const SERDE_JSON_VEC: usize = 0;
pub(super) const VEC: usize = 1;
pub(super) const SERDE_JSON_STRING: usize = 2;
pub(super) const STRING: usize = 3;

pub(super) struct NewBuffers {
    pub(super) name: &'static str,
    pub(super) turns: Turns<4>,
}

impl NewBuffers {
    pub(super) fn measure<T: Serialize>(name: &'static str, value: &T) -> Self {
        let turns = take_turns([
            contender(|| drop(black_box(serde_json::to_vec(black_box(value))))),
            contender(|| drop(black_box(Encoder::compact().to_vec(black_box(value))))),
            contender(|| drop(black_box(serde_json::to_string(black_box(value))))),
            contender(|| drop(black_box(Encoder::compact().to_string(black_box(value))))),
        ]);
        Self { name, turns }
    }
}
