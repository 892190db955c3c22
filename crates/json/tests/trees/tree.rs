//! Values of every kind in serde's data model, including some that no `derive` makes.

use serde_json::value::RawValue;

use super::swallow::OnError;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Leaf(Leaf),
    Some(Box<Tree>),
    NewtypeStruct(Box<Tree>),
    NewtypeVariant(Name, Box<Tree>),
    Items(Sequence, Vec<Tree>, OnError),
    Fields(Object, Vec<(Name, Tree)>, OnError),
    Map(Calls, Vec<(Tree, Tree)>, OnError),
    /// A struct with the name of a raw value, with any fields.
    Token(Name, Vec<Tree>, OnError),
}

/// A value without parts.
#[derive(Debug, Clone)]
pub(crate) enum Leaf {
    Bool(bool),
    Number(Number),
    Char(char),
    Str(String),
    /// Written by `collect_str`, one character at a time.
    Shown(String),
    /// Written by `collect_str`; its `Display` fails after the text.
    ShownBadly(String),
    Bytes(Vec<u8>),
    None,
    Unit,
    UnitStruct,
    UnitVariant(Name),
    /// Text that is JSON.
    Raw(Name),
    RawValue(Box<RawValue>),
    /// `Serialize` returns an error.
    Fails(String),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Sequence {
    /// With this length hint.
    Seq(Option<usize>),
    Tuple,
    Struct,
    Variant(Name),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Object {
    Struct,
    Variant(Name),
}

/// The calls by which a map passes its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    Entries,
    KeysAndValues,
    /// Not allowed by serde, like the next two.
    KeysOnly,
    ValuesOnly,
    ValuesFirst,
}

/// The name of a struct, field or variant; serde requires static names.
pub(crate) type Name = &'static str;

impl Tree {
    /// The direct parts, including keys.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Some(tree) | Self::NewtypeStruct(tree) | Self::NewtypeVariant(_, tree) => {
                vec![tree]
            }
            Self::Items(_, trees, _) | Self::Token(_, trees, _) => trees.iter().collect(),
            Self::Fields(_, fields, _) => fields.iter().map(|(_, tree)| tree).collect(),
            Self::Map(_, members, _) => members.iter().flat_map(|(k, v)| [k, v]).collect(),
        }
    }

    /// Whether `is` holds for this value or any part.
    pub(crate) fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self) || self.parts().into_iter().any(|part| part.any(is))
    }

    /// Whether `is` holds for any leaf.
    pub(crate) fn any_leaf(&self, is: impl Fn(&Leaf) -> bool) -> bool {
        self.any(&|tree| matches!(tree, Self::Leaf(leaf) if is(leaf)))
    }

    /// Whether it breaks rules of serde that a serializer may rely on.
    pub(crate) fn breaks_protocol(&self) -> bool {
        self.any(&|tree| match tree {
            Self::Token(..) => true,
            Self::Map(calls, ..) => !matches!(calls, Calls::Entries | Calls::KeysAndValues),
            _ => false,
        })
    }

    /// Whether a sequence may claim to be empty and is not.
    pub(crate) fn has_wrong_length(&self) -> bool {
        self.any(&|tree| matches!(tree, Self::Items(Sequence::Seq(Some(0)), ..)))
    }

    /// Whether a serializer sees a string.
    fn is_text(&self) -> bool {
        match self {
            Self::Some(tree) | Self::NewtypeStruct(tree) => tree.is_text(),
            Self::Leaf(leaf) => {
                matches!(leaf, Leaf::Char(_) | Leaf::Str(_) | Leaf::Shown(_) | Leaf::UnitVariant(_))
            }
            _ => false,
        }
    }

    /// Whether all keys are strings.
    pub(crate) fn has_text_keys_only(&self) -> bool {
        !self.any(&|tree| {
            let Self::Map(_, members, _) = tree else { return false };
            members.iter().any(|(key, _)| !key.is_text())
        })
    }

    pub(crate) fn has_raw(&self) -> bool {
        self.any(&|tree| {
            matches!(tree, Self::Token(..) | Self::Leaf(Leaf::Raw(_) | Leaf::RawValue(_)))
        })
    }

    pub(crate) fn has_floats(&self) -> bool {
        self.any_leaf(|leaf| matches!(leaf, Leaf::Number(Number::F32(_) | Number::F64(_))))
    }

    pub(crate) fn has_non_finite(&self) -> bool {
        self.any_leaf(|leaf| match leaf {
            Leaf::Number(Number::F32(value)) => !value.is_finite(),
            Leaf::Number(Number::F64(value)) => !value.is_finite(),
            _ => false,
        })
    }
}
