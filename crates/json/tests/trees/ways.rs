//! All ways to a text lead to the same one.

use std::error::Error as _;

use universal_worker_json::Encoder;
use universal_worker_json::Error;
use universal_worker_json::ErrorKind;

use super::options::Options;
use super::sinks::FULL;
use super::sinks::Full;
use super::sinks::Slow;
use super::swallow;
use super::tree::Tree;

const PREFIX: &[u8] = b"prefix";

type Written = Result<Vec<u8>, Error>;

/// `expected` is what `to_vec` made of the tree.
pub(super) fn agree(encoder: &Encoder, tree: &Tree, options: &Options, expected: &Written) {
    same("to_string", expected, encoder.to_string(tree).map(String::into_bytes));
    same("encode_into", expected, encode_into(encoder, tree));
    let mut text = Vec::new();
    same("to_writer", expected, encoder.to_writer(tree, &mut text).map(|()| text));
    let mut slow = Slow::new(options.step);
    same("a slow writer", expected, encoder.to_writer(tree, &mut slow).map(|()| slow.taken));
    match expected {
        Ok(text) if !text.is_empty() => {
            let room = text.len() * usize::from(options.cut) / (usize::from(u16::MAX) + 1);
            fails_where_there_is_no_room(encoder, tree, room);
        }
        _ => {}
    }
}

#[track_caller]
fn same(way: &str, expected: &Written, found: Written) {
    let plain = |written: &Written| match written {
        Ok(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        Err(error) => Err((error.kind(), error.to_string())),
    };
    assert_eq!(plain(expected), plain(&found), "by to_vec, and by {way}");
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

fn fails_where_there_is_no_room(encoder: &Encoder, tree: &Tree, room: usize) {
    // What passes over an error of the writer has another one in the end.
    let (written, swallowed) = swallow::watch(|| encoder.to_writer(tree, Full { room }));
    let Err(error) = written else { panic!("there is room for {room} bytes only") };
    if !swallowed {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.source().is_some_and(|source| source.to_string() == FULL), "{error}");
    }
}
