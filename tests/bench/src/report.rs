//! What the sections found, as data: `docs/performance.json` keeps it, and the page is made from it.

pub(crate) mod bars;
pub(crate) mod chart;
pub(crate) mod compare;
pub(crate) mod page;
pub(crate) mod store;

use serde::{Deserialize, Serialize};

use crate::figures::{Spread, bytes, grouped, time};
use crate::machine::Machine;
use crate::report::chart::Chart;

/// The result of a section.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) machine: Machine,
    pub(crate) parts: Vec<Part>,
    pub(crate) figures: Vec<Figure>,
}

/// A part of a section, in its order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Text(String),
    Table(Table),
    Chart(Chart),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A figure that is compared with its target, and with the one of an earlier measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Identifies it among all figures of a section.
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
    pub(crate) measured: Spread,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) wanted: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// The speed in comparison with the bare server.
    Ratio,
    /// The same, by CPU times.
    CpuRatio,
    Instructions,
    Bytes,
    Seconds,
    PerSecond,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Better {
    Higher,
    Lower,
}

impl Section {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            machine: Machine::now(),
            parts: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// Whether it has more than a reason why not.
    pub(crate) fn is_measured(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Table(_)))
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    pub(crate) fn table(&mut self, table: Table) {
        self.parts.push(Part::Table(table));
    }

    pub(crate) fn chart(&mut self, chart: Chart) {
        self.parts.push(Part::Chart(chart));
    }

    /// Adds a ratio to the bare server, of which more is better.
    pub(crate) fn ratio(&mut self, name: impl Into<String>, measured: Spread, wanted: Option<f64>) {
        let (name, unit, better) = (name.into(), Unit::Ratio, Better::Higher);
        self.figures.push(Figure { name, unit, better, measured, wanted });
    }

    /// Adds a comparison of CPU times with the bare server, of which more is better.
    pub(crate) fn cpu_ratio(&mut self, name: impl Into<String>, measured: Spread) {
        let (name, unit, better) = (name.into(), Unit::CpuRatio, Better::Higher);
        self.figures.push(Figure { name, unit, better, measured, wanted: None });
    }

    /// Adds a figure of which less is better.
    pub(crate) fn cost(
        &mut self,
        name: impl Into<String>,
        unit: Unit,
        measured: Spread,
        wanted: Option<f64>,
    ) {
        let (name, better) = (name.into(), Better::Lower);
        self.figures.push(Figure { name, unit, better, measured, wanted });
    }
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl Unit {
    pub(crate) fn format(self, value: f64) -> String {
        match self {
            Self::Ratio | Self::CpuRatio => format!("{value:.2}"),
            Self::Instructions => grouped(value),
            Self::Bytes => bytes(value),
            Self::Seconds => time(value),
            Self::PerSecond => format!("{value:.1}/s"),
        }
    }
}

impl Figure {
    /// Whether it is as good as wanted.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        let wanted = self.wanted?;
        Some(match self.better {
            Better::Higher => self.measured.median >= wanted,
            Better::Lower => self.measured.median <= wanted,
        })
    }

    /// The median, with the quartiles if they differ.
    pub(crate) fn text(&self) -> String {
        spread(self.measured, |value| self.unit.format(value))
    }
}

/// The median, with the quartiles if they differ.
pub(crate) fn spread(spread: Spread, format: impl Fn(f64) -> String) -> String {
    let Spread { median, low, high } = spread;
    if low.to_bits() == high.to_bits() {
        return format(median);
    }
    format!("{} ({} – {})", format(median), format(low), format(high))
}
