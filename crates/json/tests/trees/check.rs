//! Properties that hold for any value under any options.

use universal_worker_json::{BytesFormat, Error, ErrorKind, NonFinite};

use super::options::Options;
use super::tree::{Leaf, Tree};
use super::{json, layout, outputs, swallow};

/// Panics if a property does not hold.
pub(crate) fn check(tree: &Tree, options: &Options) {
    let encoder = options.encoder();
    let (written, swallowed) = swallow::watch(|| encoder.to_vec(tree));
    outputs::agree(&encoder, tree, options, &written);
    match &written {
        Ok(text) => {
            assert!(!swallowed, "a value ignored an error, but the encoder returned a text");
            let text = std::str::from_utf8(text).expect("the text is UTF-8");
            check_text(text, tree, options);
        }
        Err(error) => check_error(error),
    }
    if !swallowed {
        check_against_serde_json(&written, tree, options);
    }
}

fn check_error(error: &Error) {
    let (text, path) = (error.to_string(), error.path());
    assert!(path.starts_with('$'), "{path}");
    assert!(text.starts_with(&format!("{path}: ")), "{text}, at {path}");
}

fn check_text(text: &str, tree: &Tree, options: &Options) {
    let all: Vec<&Tree> = [Some(tree), options.replacement()].into_iter().flatten().collect();
    if !all.iter().any(|tree| tree.has_raw()) {
        layout::check_characters(text, options);
    }
    if !is_json(&all, options) {
        return;
    }
    let parsed = json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    if !all.iter().any(|tree| tree.has_raw()) {
        layout::check_indent(text, tree, options);
    }
    if options.sort_keys {
        let unsorted = Options { sort_keys: false, ..options.clone() }.encoder().to_string(tree);
        let unsorted = unsorted.unwrap_or_else(|error| panic!("{error}, but not with sort_keys"));
        let unsorted = json::parse(&unsorted).unwrap_or_else(|error| panic!("{error}"));
        if all.iter().all(|tree| tree.has_text_keys_only()) {
            assert_eq!(parsed, unsorted.sorted(), "{text}");
        } else {
            assert_eq!(parsed.canonical(), unsorted.canonical(), "{text}");
        }
    }
}

/// Whether the trees are written as valid JSON under these options.
fn is_json(all: &[&Tree], options: &Options) -> bool {
    let literal = options.non_finite == NonFinite::Literal;
    let (item, key) = options.separators.as_ref().map_or((",", ":"), |(item, key)| (item, key));
    layout::is_blank_around(item, ",")
        && layout::is_blank_around(key, ":")
        && layout::is_blank_around(options.indent.as_deref().unwrap_or_default(), "")
        && !all.iter().any(|tree| tree.breaks_protocol() || literal && tree.has_non_finite())
}

/// Compares with serde_json where both write the same form.
fn check_against_serde_json(written: &Result<Vec<u8>, Error>, tree: &Tree, options: &Options) {
    let compact = options.separators.as_ref().is_some_and(|(item, key)| item == "," && key == ":")
        && options.indent.is_none()
        && !options.ensure_ascii
        && !options.sort_keys;
    let bytes =
        options.bytes != BytesFormat::Array && tree.any_leaf(|it| matches!(it, Leaf::Bytes(_)));
    // serde_json panics if a `Display` fails.
    let panics = tree.any_leaf(|leaf| matches!(leaf, Leaf::ShownBadly(_)));
    if !compact
        || bytes
        || panics
        || tree.has_floats()
        || tree.breaks_protocol()
        || tree.has_wrong_length()
    {
        return;
    }
    let (Ok(theirs), false) = swallow::watch(|| serde_json::to_string(tree)) else { return };
    match written {
        Ok(ours) => assert_eq!(String::from_utf8_lossy(ours), theirs),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Depth, "{error}, but {theirs}"),
    }
}
