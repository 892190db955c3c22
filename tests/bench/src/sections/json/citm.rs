//! A catalog of performances: maps with numeric keys, many ids, nulls, and a repeated structure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::random::Random;
use super::text;

type Names = BTreeMap<String, String>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Catalog {
    area_names: Names,
    audience_sub_category_names: Names,
    block_names: Names,
    events: BTreeMap<u64, Event>,
    performances: Vec<Performance>,
    seat_category_names: Names,
    sub_topic_names: Names,
    subject_names: Names,
    topic_names: Names,
    topic_sub_topics: BTreeMap<u64, Vec<u64>>,
    venue_names: Names,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    description: Option<String>,
    id: u64,
    logo: Option<String>,
    name: String,
    sub_topic_ids: Vec<u64>,
    subject_code: Option<String>,
    subtitle: Option<String>,
    topic_ids: Vec<u64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Performance {
    event_id: u64,
    id: u64,
    logo: Option<String>,
    name: Option<String>,
    prices: Vec<Price>,
    seat_categories: Vec<SeatCategory>,
    seat_map_image: Option<String>,
    /// In milliseconds since 1970.
    start: u64,
    venue_code: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    /// In cents.
    amount: u32,
    audience_sub_category_id: u64,
    seat_category_id: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeatCategory {
    areas: Vec<Area>,
    seat_category_id: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Area {
    area_id: u64,
    block_ids: Vec<u64>,
}

pub(super) fn catalog() -> Catalog {
    let mut random = Random::new(8);
    let random = &mut random;
    Catalog {
        area_names: names(random, 17),
        audience_sub_category_names: names(random, 1),
        block_names: Names::new(),
        events: (0..184).map(|_| event(random)).map(|event| (event.id, event)).collect(),
        performances: (0..243).map(|_| performance(random)).collect(),
        seat_category_names: names(random, 64),
        sub_topic_names: names(random, 19),
        subject_names: Names::new(),
        topic_names: names(random, 4),
        topic_sub_topics: (0..4).map(|_| (id(random), random.some((1, 18), id))).collect(),
        venue_names: [("PLEYEL_PLEYEL".to_owned(), "Salle Pleyel".to_owned())].into(),
    }
}

fn id(random: &mut Random) -> u64 {
    random.between(107_888_604, 342_752_792)
}

fn names(random: &mut Random, count: u64) -> Names {
    let name = |random: &mut Random| format!("{} catégorie", text::word(random));
    (0..count).map(|_| (id(random).to_string(), name(random))).collect()
}

fn event(random: &mut Random) -> Event {
    let words = random.between(2, 6);
    Event {
        description: None,
        id: id(random),
        logo: (!random.one_in(3)).then(|| format!("/images/UE0AAAAACE{}", id(random))),
        name: text::sentence(random, words),
        sub_topic_ids: random.some((1, 5), id),
        subject_code: None,
        subtitle: None,
        topic_ids: random.some((1, 4), id),
    }
}

fn performance(random: &mut Random) -> Performance {
    Performance {
        event_id: id(random),
        id: id(random),
        logo: None,
        name: None,
        prices: random.some((2, 8), price),
        seat_categories: random.some((2, 8), seat_category),
        seat_map_image: None,
        start: random.between(1_372_701_600, 1_404_237_600) * 1000,
        venue_code: "PLEYEL_PLEYEL".to_owned(),
    }
}

fn price(random: &mut Random) -> Price {
    Price {
        amount: random.between(10, 200) as u32 * 250,
        audience_sub_category_id: 337_100_890,
        seat_category_id: id(random),
    }
}

fn seat_category(random: &mut Random) -> SeatCategory {
    let area = |random: &mut Random| Area { area_id: id(random), block_ids: Vec::new() };
    SeatCategory { areas: random.some((2, 14), area), seat_category_id: id(random) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_its_size_and_is_reproducible() {
        let text = serde_json::to_string(&catalog()).unwrap();
        assert!((450_000..550_000).contains(&text.len()), "{}", text.len());
        assert_eq!(text, serde_json::to_string(&catalog()).unwrap());
    }
}
