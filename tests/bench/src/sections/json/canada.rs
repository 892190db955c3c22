//! The borders of a country as GeoJSON: mostly pairs of long floats.

use serde::{Deserialize, Serialize};

use super::random::Random;

const RINGS: u64 = 480;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Canada {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Feature>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    properties: Properties,
    geometry: Geometry,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Properties {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    coordinates: Vec<Vec<Point>>,
}

/// Longitude and latitude, in degrees.
type Point = (f64, f64);

pub(super) fn canada() -> Canada {
    let mut random = Random::new(7);
    let coordinates = (0..RINGS).map(|_| ring(&mut random)).collect();
    Canada {
        kind: "FeatureCollection".to_owned(),
        features: vec![Feature {
            kind: "Feature".to_owned(),
            properties: Properties { name: "Canada".to_owned() },
            geometry: Geometry { kind: "Polygon".to_owned(), coordinates },
        }],
    }
}

/// A closed random walk.
fn ring(random: &mut Random) -> Vec<Point> {
    let mut at = (-140.0 + random.unit() * 85.0, 42.0 + random.unit() * 40.0);
    let mut points = Vec::new();
    for _ in 0..random.between(8, 220) {
        points.push(at);
        at.0 += (random.unit() - 0.5) * 0.1;
        at.1 += (random.unit() - 0.5) * 0.1;
    }
    points.extend(points.first().copied());
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_its_size_and_is_reproducible() {
        let text = serde_json::to_string(&canada()).unwrap();
        assert!((1_900_000..2_300_000).contains(&text.len()), "{}", text.len());
        assert_eq!(text, serde_json::to_string(&canada()).unwrap());
    }

    #[test]
    fn the_floats_are_long() {
        let canada = canada();
        let points = canada.features[0].geometry.coordinates.concat();
        let digits = |float: f64| float.to_string().bytes().filter(u8::is_ascii_digit).count();
        let long = points.iter().filter(|(longitude, _)| digits(*longitude) >= 15).count();
        assert!(long * 100 > points.len() * 95, "{long} of {}", points.len());
    }
}
