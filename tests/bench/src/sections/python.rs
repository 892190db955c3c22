//! Python classes: the original worker, which is written in Python, beside this one.

mod busy;
mod calls;
mod contest;
mod ends;
mod start;

use std::error::Error;
use std::path::Path;

use self::contest::Contest;

/// The time of each busy run.
const BUSY_SECONDS: u32 = 3;

/// Prints the table; `original` is a Python with the original worker.
pub(crate) async fn python(dist: &Path, original: Option<&Path>) -> Result<(), Box<dyn Error>> {
    println!("## Python classes\n");
    let contest = Contest::new(dist, original)?;
    let Some(version) = contest.version().await else {
        println!("skipped: there is no python3\n");
        return Ok(());
    };
    println!("Medians on {version}; the workers take turns.");
    if original.is_none() {
        println!("The original worker (cjm-plugin-system) is not installed.");
    }
    println!("\n| | original | this worker |\n|---|---|---|");
    start::rows(&contest).await?;
    calls::rows(&contest).await?;
    busy::rows(&contest).await?;
    ends::rows(&contest).await?;
    println!();
    Ok(())
}
