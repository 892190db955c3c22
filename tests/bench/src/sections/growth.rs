//! How time and memory grow.

mod bodies;
mod connections;
mod lanes;
mod queue;

use super::Outcome;
use crate::report::Section;
use crate::settings::Settings;

pub(crate) fn growth(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Growth");
    section.text("Each point is the median of a few rounds of one server; both axes of the pictures are logarithmic.");
    connections::measure(settings, &mut section)?;
    lanes::measure(settings, &mut section)?;
    queue::measure(settings, &mut section)?;
    bodies::measure(settings, &mut section)?;
    Ok(section)
}
