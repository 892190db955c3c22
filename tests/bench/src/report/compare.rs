//! Compares a measurement with the committed one.

use super::{Better, Figure, Section, Unit};

/// A ratio of two servers in the same run may shake by this part.
const TOLERANCE: f64 = 0.10;
/// Instructions hardly shake.
const INSTRUCTION_TOLERANCE: f64 = 0.05;

/// A figure that differs from the committed one by more than its tolerance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) unit: Unit,
    pub(crate) is_worse: bool,
    pub(crate) text: String,
}

/// Finds the figures that changed; durations are not compared, because they depend on the machine.
pub(crate) fn changes(committed: Option<&Section>, measured: &Section) -> Vec<Change> {
    let same = |figure: &Figure| {
        let figures = committed.map_or(&[][..], |section| &section.figures);
        figures.iter().find(|other| other.name == figure.name && other.unit == figure.unit)
    };
    let change = |figure| match same(figure) {
        Some(committed) => change(&measured.title, committed, figure),
        None => missing(&measured.title, figure),
    };
    measured.figures.iter().filter_map(change).collect()
}

fn change(title: &str, committed: &Figure, measured: &Figure) -> Option<Change> {
    let tolerance = match measured.unit {
        Unit::Ratio | Unit::CpuRatio | Unit::Bytes => TOLERANCE,
        Unit::Instructions => INSTRUCTION_TOLERANCE,
        Unit::Seconds | Unit::PerSecond => return None,
    };
    let difference = measured.measured.median / committed.measured.median - 1.0;
    if difference.abs() <= tolerance {
        return None;
    }
    let is_worse = (difference < 0.0) == (measured.better == Better::Higher);
    let word = if is_worse { "worse" } else { "better" };
    let text = format!(
        "{word} by {:.0} %: {title}: {}: {}, committed {}",
        difference.abs() * 100.0,
        measured.name,
        measured.text(),
        committed.text(),
    );
    Some(Change { unit: measured.unit, is_worse, text })
}

/// Instructions that are not held by a committed figure.
fn missing(title: &str, measured: &Figure) -> Option<Change> {
    let text = format!("not committed: {title}: {}: {}", measured.name, measured.text());
    let unit = measured.unit;
    (unit == Unit::Instructions).then_some(Change { unit, is_worse: true, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Spread;

    #[track_caller]
    fn finds(unit: Unit, better: Better, committed: f64, measured: f64, worse: Option<bool>) {
        let figure = |value| Figure {
            name: "echo".to_owned(),
            unit,
            better,
            measured: Spread::single(value),
            wanted: None,
        };
        let mut sections = [Section::new("calls"), Section::new("calls")];
        sections[0].figures.push(figure(committed));
        sections[1].figures.push(figure(measured));
        let found = changes(Some(&sections[0]), &sections[1]);
        assert_eq!(found.first().map(|change| change.is_worse), worse, "{found:?}");
    }

    #[test]
    fn a_ratio_may_shake_by_a_tenth() {
        finds(Unit::Ratio, Better::Higher, 0.90, 0.82, None);
        finds(Unit::Ratio, Better::Higher, 0.90, 0.80, Some(true));
        finds(Unit::Ratio, Better::Higher, 0.90, 1.00, Some(false));
    }

    #[test]
    fn instructions_may_not_grow_by_more_than_five_percent() {
        finds(Unit::Instructions, Better::Lower, 10_000.0, 10_490.0, None);
        finds(Unit::Instructions, Better::Lower, 10_000.0, 10_510.0, Some(true));
        finds(Unit::Instructions, Better::Lower, 10_000.0, 9_000.0, Some(false));
    }

    #[test]
    fn instructions_must_be_committed() {
        let mut section = Section::new("calls");
        section.cost("echo", Unit::Instructions, Spread::single(1.0), None);
        section.cost("start", Unit::Bytes, Spread::single(1.0), None);
        assert_eq!(changes(None, &section).len(), 1);
    }

    #[test]
    fn durations_are_not_compared() {
        finds(Unit::Seconds, Better::Lower, 1.0, 2.0, None);
    }
}
