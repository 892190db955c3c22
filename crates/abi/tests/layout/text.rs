//! The text format of recorded interfaces.

use std::fmt;

/// A type of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Other properties, such as the size.
    pub(crate) facts: String,
    /// The fields, methods or numbers, in order.
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The type, the signature or the number.
    pub(crate) what: String,
}

/// How a type may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Grows at the end: a root or a vtable.
    Growing,
    /// Never changes.
    Plain,
    /// An enum that crosses as a number.
    Numbers,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Growing, Self::Plain, Self::Numbers];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Growing => "growing",
            Self::Plain => "plain",
            Self::Numbers => "numbers",
        }
    }
}

impl Item {
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Member {
    pub(crate) fn new(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self { name: name.into(), what: what.into() }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}: {}", self.kind.word(), self.name, self.facts)?;
        self.members
            .iter()
            .try_for_each(|member| writeln!(f, "    {}: {}", member.name, member.what))
    }
}

/// Writes an interface.
pub(crate) fn write(items: &[Item]) -> String {
    items.iter().map(Item::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads an interface written by [`write`].
pub(crate) fn read(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, what) = line.split_once(": ").unwrap_or_else(|| panic!("no ': ' in '{line}'"));
        if let Some(name) = name.strip_prefix("    ") {
            let item = items.last_mut().expect("a member follows its type");
            item.members.push(Member::new(name, what));
            continue;
        }
        let (kind, name) = name.split_once(' ').expect("a kind and a name");
        let kind = Kind::ALL.into_iter().find(|other| other.word() == kind).expect("a kind");
        let (name, facts) = (name.to_owned(), what.to_owned());
        items.push(Item { kind, name, facts, members: Vec::new() });
    }
    items
}
