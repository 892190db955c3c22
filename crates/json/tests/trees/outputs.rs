//! All output methods give the same text.

use std::error::Error as _;

use universal_worker_json::{Encoder, Error, ErrorKind};

use super::options::Options;
use super::swallow;
use super::tree::Tree;
use super::writers::{FULL, Full, Slow};

const PREFIX: &[u8] = b"prefix";

type Written = Result<Vec<u8>, Error>;

/// `expected` is the result of `to_vec`.
pub(super) fn agree(encoder: &Encoder, tree: &Tree, options: &Options, expected: &Written) {
    assert_same("to_string", expected, encoder.to_string(tree).map(String::into_bytes));
    assert_same("encode_into", expected, encode_into(encoder, tree));
    let mut text = Vec::new();
    assert_same("to_writer", expected, encoder.to_writer(tree, &mut text).map(|()| text));
    let mut slow = Slow::new(options.step);
    assert_same("a slow writer", expected, encoder.to_writer(tree, &mut slow).map(|()| slow.taken));
    match expected {
        Ok(text) if !text.is_empty() => {
            let room = text.len() * usize::from(options.cut) / (usize::from(u16::MAX) + 1);
            check_full_writer(encoder, tree, room);
        }
        _ => {}
    }
}

#[track_caller]
fn assert_same(method: &str, expected: &Written, found: Written) {
    let plain = |written: &Written| match written {
        Ok(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        Err(error) => Err((error.kind(), error.to_string())),
    };
    assert_eq!(plain(expected), plain(&found), "to_vec and {method} differ");
}

fn encode_into(encoder: &Encoder, tree: &Tree) -> Written {
    let mut buffer = PREFIX.to_vec();
    let written = encoder.encode_into(tree, &mut buffer);
    if written.is_err() {
        assert_eq!(buffer, PREFIX);
    }
    assert!(buffer.starts_with(PREFIX), "{buffer:?}");
    written.map(|()| buffer.split_off(PREFIX.len()))
}

fn check_full_writer(encoder: &Encoder, tree: &Tree, room: usize) {
    // A value that ignores the writer's error gets another one in the end.
    let (written, swallowed) = swallow::watch(|| encoder.to_writer(tree, Full { room }));
    let Err(error) = written else { panic!("there is room for {room} bytes only") };
    if !swallowed {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.source().is_some_and(|source| source.to_string() == FULL), "{error}");
    }
}
