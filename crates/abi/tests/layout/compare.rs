//! Compares two versions of the interface.

use crate::text::{Item, Kind, Member};

/// The incompatible changes from `golden` to `now`, each with the rule that it breaks.
pub(crate) fn broken(golden: &[Item], now: &[Item]) -> Vec<String> {
    let of = |item: &Item| match now.iter().find(|other| other.name == item.name) {
        None => vec![format!("{} was removed: types are never removed", item.name)],
        Some(other) => item_broken(item, other),
    };
    golden.iter().flat_map(of).collect()
}

/// The additions of `now`.
pub(crate) fn added(golden: &[Item], now: &[Item]) -> Vec<String> {
    let of = |item: &Item| match golden.iter().find(|other| other.name == item.name) {
        None => vec![item.name.clone()],
        Some(other) => {
            let fresh = item.members.iter().filter(|member| other.member(&member.name).is_none());
            fresh.map(|member| format!("{}::{}", item.name, member.name)).collect()
        }
    };
    now.iter().flat_map(of).collect()
}

fn item_broken(golden: &Item, now: &Item) -> Vec<String> {
    let name = &golden.name;
    if golden.kind != now.kind {
        return vec![format!("{name} was {}, and is {} now", golden.kind.word(), now.kind.word())];
    }
    match golden.kind {
        Kind::Plain if golden == now => Vec::new(),
        Kind::Plain => vec![format!(
            "{name} is a plain struct and changed: use its JSON field for additions\n\
             it was {golden}it is {now}"
        )],
        Kind::Numbers => numbers_broken(golden, now),
        Kind::Growing => {
            let mut broken = members_broken(golden, now);
            if golden.facts != now.facts {
                broken.push(format!(
                    "the number of prefix fields of {name} changed: it was {}, and is {} now",
                    golden.facts, now.facts
                ));
            }
            broken
        }
    }
}

fn members_broken(golden: &Item, now: &Item) -> Vec<String> {
    let name = &golden.name;
    let mut broken = Vec::new();
    for member in &golden.members {
        match now.member(&member.name) {
            None => broken.push(format!("{name}::{} was removed", member.name)),
            Some(other) if other.what != member.what => broken.push(format!(
                "the signature of {name}::{} changed: it was {}, and is {} now",
                member.name, member.what, other.what
            )),
            Some(_) => {}
        }
    }
    let left = in_both(golden, now).zip(in_both(now, golden));
    let moved = left.filter(|(was, is)| was.name != is.name);
    broken.extend(
        moved.map(|(was, is)| format!("{name}::{} moved: {} is in its place", was.name, is.name)),
    );
    let last = now.members.iter().rposition(|member| golden.member(&member.name).is_some());
    let middle = now.members.iter().take(last.unwrap_or(0));
    let middle = middle.filter(|member| golden.member(&member.name).is_none());
    broken.extend(middle.map(|member| {
        format!("{name}::{} was added in the middle: add it at the end", member.name)
    }));
    broken
}

fn in_both<'a>(one: &'a Item, other: &'a Item) -> impl Iterator<Item = &'a Member> {
    one.members.iter().filter(|member| other.member(&member.name).is_some())
}

/// Unused numbers may be added at any position.
fn numbers_broken(golden: &Item, now: &Item) -> Vec<String> {
    let name = &golden.name;
    let changed = golden.members.iter().filter_map(|member| match now.member(&member.name) {
        None => Some(format!("{name}::{} was removed: numbers are never reused", member.name)),
        Some(other) if other.what != member.what => Some(format!(
            "{name}::{} was {}, and is {} now: numbers never change",
            member.name, member.what, other.what
        )),
        Some(_) => None,
    });
    changed.collect()
}
