//! Trees made from arbitrary bytes.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::value::RawValue;

use super::swallow::OnError;
use super::tree::{Calls, Leaf, Name, Number, Object, Sequence, Tree};

/// Maximum depth of a tree.
const LEVELS: usize = 8;

/// Maximum number of parts.
const ITEMS: usize = 6;

const NAMES: [Name; 12] = [
    "a",
    "b",
    "aa",
    "",
    "é",
    "\u{ffff}",
    "😀",
    "\"\\",
    "a b\n\u{0}",
    "9",
    "a_long_name_of_more_than_sixty_four_letters_so_that_a_path_shortens_it",
    "ä_long_nämé_öf_möre_thän_sixty_föur_létters_so_thät_ä_päth_shörtens_it",
];

/// Raw JSON; members of objects are sorted already.
const RAW: [Name; 7] =
    ["1.10", "null", "\"é\"", "[ 1,\n2 ]", "{\"a\":1, \"b\":{}}", "\"\\u0041\"", "{}"];

const TOKENS: [Name; 2] = ["$serde_json::private::RawValue", "$serde_json::private::Number"];

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        grow(u, LEVELS)
    }
}

fn grow(u: &mut Unstructured<'_>, levels: usize) -> Result<Tree> {
    let Some(below) = levels.checked_sub(1).filter(|_| !u.is_empty()) else {
        return leaf(u).map(Tree::Leaf);
    };
    let boxed = |u: &mut Unstructured<'_>| grow(u, below).map(Box::new);
    Ok(match u.int_in_range(0..=35)? {
        0..=1 => Tree::Some(boxed(u)?),
        2..=3 => Tree::NewtypeStruct(boxed(u)?),
        4..=6 => Tree::NewtypeVariant(name(u)?, boxed(u)?),
        7..=13 => items(u, below)?,
        14..=20 => {
            let object = if u.arbitrary()? { Object::Struct } else { Object::Variant(name(u)?) };
            let fields = several(u, |u| Ok((name(u)?, grow(u, below)?)))?;
            Tree::Fields(object, fields, on_error(u)?)
        }
        21..=28 => map(u, below)?,
        29 if u.ratio(1, 4)? => {
            let fields = several(u, |u| grow(u, below))?;
            Tree::Token(u.choose(&TOKENS)?, fields, on_error(u)?)
        }
        _ => Tree::Leaf(leaf(u)?),
    })
}

fn items(u: &mut Unstructured<'_>, below: usize) -> Result<Tree> {
    let items = several(u, |u| grow(u, below))?;
    let sequence = match u.int_in_range(0..=6)? {
        0..=1 => Sequence::Seq(Some(items.len())),
        2 => Sequence::Seq(None),
        3 => Sequence::Seq(Some(u.int_in_range(0..=ITEMS)?)),
        4 => Sequence::Tuple,
        5 => Sequence::Struct,
        _ => Sequence::Variant(name(u)?),
    };
    Ok(Tree::Items(sequence, items, on_error(u)?))
}

fn map(u: &mut Unstructured<'_>, below: usize) -> Result<Tree> {
    let calls = match u.int_in_range(0..=40)? {
        0..=18 => Calls::Entries,
        19..=37 => Calls::KeysAndValues,
        38 => Calls::KeysOnly,
        39 => Calls::ValuesOnly,
        _ => Calls::ValuesFirst,
    };
    // Most maps have keys of one kind, so that they can be sorted.
    let kind = u.int_in_range(0..=5)?;
    let members = several(u, |u| Ok((key(u, kind, below)?, grow(u, below)?)))?;
    Ok(Tree::Map(calls, members, on_error(u)?))
}

fn key(u: &mut Unstructured<'_>, kind: u8, below: usize) -> Result<Tree> {
    Ok(Tree::Leaf(match kind {
        0..=1 => Leaf::Str((*u.choose(&NAMES)?).to_owned()),
        2 => Leaf::Str(text(u)?),
        3 => Leaf::Number(number(u)?),
        4 => leaf(u)?,
        _ => return grow(u, below),
    }))
}

fn leaf(u: &mut Unstructured<'_>) -> Result<Leaf> {
    Ok(match u.int_in_range(0..=31)? {
        0..=1 => Leaf::Bool(u.arbitrary()?),
        2..=9 => Leaf::Number(number(u)?),
        10 => Leaf::Char(u.arbitrary()?),
        11..=15 => Leaf::Str(text(u)?),
        16..=17 => Leaf::Shown(text(u)?),
        18..=20 => Leaf::Bytes(u.arbitrary()?),
        21 => Leaf::None,
        22 => Leaf::Unit,
        23 => Leaf::UnitStruct,
        24..=26 => Leaf::UnitVariant(name(u)?),
        27 => Leaf::Raw(u.choose(&RAW)?),
        28 => raw_value(u)?,
        29 if u.ratio(1, 4)? => Leaf::Fails(text(u)?),
        30 if u.ratio(1, 4)? => Leaf::ShownBadly(text(u)?),
        _ => Leaf::Number(Number::U8(u.arbitrary()?)),
    })
}

fn raw_value(u: &mut Unstructured<'_>) -> Result<Leaf> {
    let raw = RawValue::from_string((*u.choose(&RAW)?).to_owned());
    Ok(raw.map_or(Leaf::Unit, Leaf::RawValue))
}

fn number(u: &mut Unstructured<'_>) -> Result<Number> {
    Ok(match u.int_in_range(0..=15)? {
        0 => Number::I8(u.arbitrary()?),
        1 => Number::I16(u.arbitrary()?),
        2 => Number::I32(u.arbitrary()?),
        3 => Number::I64(u.arbitrary()?),
        4 => Number::I128(u.arbitrary()?),
        5 => Number::U8(u.arbitrary()?),
        6 => Number::U16(u.arbitrary()?),
        7 => Number::U32(u.arbitrary()?),
        8 => Number::U64(u.arbitrary()?),
        9 => Number::U128(u.arbitrary()?),
        10 => Number::F32(u.arbitrary()?),
        11 => Number::F64(u.arbitrary()?),
        12 => Number::F32(*u.choose(&[f32::NAN, f32::INFINITY, -0.0, 1e13, 1e-5])?),
        13 => Number::F64(*u.choose(&[f64::NAN, f64::NEG_INFINITY, -0.0, 1e16, 5e-324])?),
        _ => Number::F64(f64::from(u.arbitrary::<i16>()?) / 8.0),
    })
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=63)? {
        // More than the encoder passes to a writer at once.
        0 => text_of(u)?.repeat(u.int_in_range(0..=3000)?),
        1..=8 => text_of(u)?.repeat(u.int_in_range(0..=40)?),
        _ => text_of(u)?,
    })
}

fn text_of(u: &mut Unstructured<'_>) -> Result<String> {
    if u.arbitrary()? { name(u).map(str::to_owned) } else { u.arbitrary() }
}

fn name(u: &mut Unstructured<'_>) -> Result<Name> {
    u.choose(&NAMES).copied()
}

fn on_error(u: &mut Unstructured<'_>) -> Result<OnError> {
    // Without further bytes, `int_in_range` returns the start of the range.
    Ok(if u.int_in_range(0..=5)? == 5 { OnError::Swallow } else { OnError::Pass })
}

fn several<T>(
    u: &mut Unstructured<'_>,
    mut one: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for _ in 0..u.int_in_range(0..=ITEMS)? {
        if u.is_empty() {
            break;
        }
        all.push(one(u)?);
    }
    Ok(all)
}
