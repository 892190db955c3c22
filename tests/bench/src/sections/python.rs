//! Python classes: the original worker, which is written in Python, beside this one.

mod busy;
mod calls;
mod contest;
mod ends;
mod start;

use self::contest::Contest;
use super::Outcome;
use crate::report::{Section, Table};
use crate::settings::Settings;

/// The time of each busy run.
const BUSY_SECONDS: u32 = 3;

pub(crate) fn python(settings: &Settings) -> Outcome<Section> {
    let original = settings.original.as_deref();
    let mut section = Section::new("Python classes");
    let contest = Contest::new(&settings.dist, original)?;
    let Some(version) = contest.version() else {
        section.text("Skipped: there is no python3.");
        return Ok(section);
    };
    section.text(format!(
        "The same classes in the original worker (cjm-plugin-system 0.0.28, started by `python -m cjm_plugin_system.core.worker`) and in this one (`universal-worker --python …`), in turn, on {version}.\n\
         Figures are medians, or percentiles of all requests; the servers may use all cores.\n\
         Times of an end are from the signal, or from the end of the process of `--ppid`, to the end of the worker."
    ));
    if original.is_none() {
        section.text("The original worker is not installed: `--peers` installs it.");
    }
    let mut table = Table::new(&["", "original", "this worker"]);
    start::rows(&contest, &mut table)?;
    calls::rows(&contest, &mut table)?;
    busy::rows(&contest, &mut table)?;
    ends::rows(&contest, &mut table)?;
    section.table(table);
    Ok(section)
}
