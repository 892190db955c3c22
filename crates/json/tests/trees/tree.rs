//! Values of every kind that serde knows, also such as no `derive` makes.

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
    /// A struct that passes for a text that is JSON already, with any fields.
    Token(Name, Vec<Tree>, OnError),
}

/// What has no parts.
#[derive(Debug, Clone)]
pub(crate) enum Leaf {
    Bool(bool),
    Number(Number),
    Char(char),
    Str(String),
    /// Written by `collect_str`, a letter at a time.
    Shown(String),
    /// The same, whose `Display` fails behind the text.
    ShownBadly(String),
    Bytes(Vec<u8>),
    None,
    Unit,
    UnitStruct,
    UnitVariant(Name),
    /// A text that is JSON.
    Raw(Name),
    RawValue(Box<RawValue>),
    /// `Serialize` says no.
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
    /// Of that length, as it says.
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

/// How a map hands over its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    Entries,
    KeysAndValues,
    /// What serde does not allow.
    KeysOnly,
    ValuesOnly,
    ValuesFirst,
}

/// Of a struct, a field or a variant; serde has them known when it compiles.
pub(crate) type Name = &'static str;

impl Tree {
    /// What it holds, keys too.
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

    /// Whether `is` holds of it or of anything in it.
    pub(crate) fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self) || self.parts().into_iter().any(|part| part.any(is))
    }

    /// Whether any leaf in it is such.
    pub(crate) fn any_leaf(&self, is: impl Fn(&Leaf) -> bool) -> bool {
        self.any(&|tree| matches!(tree, Self::Leaf(leaf) if is(leaf)))
    }

    /// Whether it breaks rules that a serializer may rely on.
    pub(crate) fn is_lawless(&self) -> bool {
        self.any(&|tree| match tree {
            Self::Token(..) => true,
            Self::Map(calls, ..) => !matches!(calls, Calls::Entries | Calls::KeysAndValues),
            _ => false,
        })
    }

    /// Whether it says of something that it is empty, and it is not.
    pub(crate) fn denies_items(&self) -> bool {
        self.any(&|tree| matches!(tree, Self::Items(Sequence::Seq(Some(0)), ..)))
    }

    /// Whether it is a text to a serializer.
    fn is_text(&self) -> bool {
        match self {
            Self::Some(tree) | Self::NewtypeStruct(tree) => tree.is_text(),
            Self::Leaf(leaf) => {
                matches!(leaf, Leaf::Char(_) | Leaf::Str(_) | Leaf::Shown(_) | Leaf::UnitVariant(_))
            }
            _ => false,
        }
    }

    /// Whether all keys in it are texts.
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
