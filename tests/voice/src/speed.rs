//! Measures how fast the plugin is on one core.

use std::error::Error;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use universal_worker_voice_bench::corpus::Case;
use universal_worker_voice_bench::detector::{segments_in, write_wav};
use universal_worker_voice_bench::noise::Noise;
use universal_worker_voice_bench::signal;
use universal_worker_voice_bench::voice::Voice;

/// The name of a WAV file of ten minutes.
pub(crate) const TEN_MINUTES: &str = "ten-minutes.wav";

/// Returns the seconds of audio that are processed in a second of one core, decoding included.
pub(crate) fn measure(folder: &Path) -> Result<f64, Box<dyn Error>> {
    const SECONDS: f64 = 600.0;
    let scene = Case::Speech(Voice::Clean, Some((Noise::Pink, 10))).scene();
    let samples = scene.samples.iter().copied().cycle().take(signal::samples(SECONDS));
    let file = folder.join(TEN_MINUTES);
    write_wav(&file, &samples.collect::<Vec<_>>())?;
    let started = processor_seconds();
    segments_in(&file)?;
    Ok(SECONDS / (processor_seconds() - started))
}

/// The seconds for which this thread has run.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
