//! The committed result: `performance.json`, the page and its pictures.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Figure, Part, Section, bars, page};
use crate::sections;

/// The newest result of each section.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    #[serde(flatten)]
    sections: BTreeMap<String, Section>,
}

impl Store {
    /// Reads it from the folder of the page; empty if there is none.
    pub(crate) fn read(docs: &Path) -> Result<Self, Box<dyn Error>> {
        match fs::read(file(docs)) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(_) => Ok(Self::default()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Section> {
        self.sections.get(name)
    }

    pub(crate) fn insert(&mut self, name: &str, section: Section) {
        self.sections.insert(name.to_owned(), section);
    }

    /// In the order of the page.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &Section> {
        sections::names().filter_map(|name| self.get(name))
    }

    /// All figures, with their sections.
    pub(crate) fn figures(&self) -> Vec<(String, &Figure)> {
        let mut figures = Vec::new();
        for section in self.sections() {
            for figure in &section.figures {
                figures.push((format!("{}: {}", section.title, figure.name), figure));
            }
        }
        figures
    }

    /// Writes the data, the page and the pictures.
    pub(crate) fn write(&self, docs: &Path) -> Result<(), Box<dyn Error>> {
        let pictures = docs.join("performance");
        fs::create_dir_all(&pictures)?;
        for section in self.sections() {
            for part in &section.parts {
                if let Part::Chart(chart) = part {
                    fs::write(pictures.join(format!("{}.svg", chart.name)), chart.svg()?)?;
                }
            }
        }
        if let Some(ratios) = bars::ratios(&self.figures())? {
            fs::write(pictures.join("ratios.svg"), ratios)?;
        }
        fs::write(file(docs), serde_json::to_string_pretty(self)? + "\n")?;
        Ok(fs::write(docs.join("performance.md"), page::render(self))?)
    }
}

fn file(docs: &Path) -> PathBuf {
    docs.join("performance.json")
}
