//! What the classes differ in.

use std::thread;
use std::time::Duration;

use universal_worker_plugin::Cancel;
use universal_worker_plugin::Context;
use universal_worker_plugin::PluginError;

/// What one class does otherwise than the others.
pub trait Kind: 'static {
    /// How many runs it takes at once.
    const CONCURRENCY: u32 = 1;
    /// Whether its runs obey a cancel.
    const CANCEL: Cancel = Cancel::Obeyed;
    /// What it offers beside its runs.
    const OFFERS: Offers = Offers::Nothing;

    /// How it is loaded.
    ///
    /// # Errors
    /// When it refuses to.
    fn load(_cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}

/// What a class offers beside its runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// It leaves out what can be left out.
    Nothing,
    /// All that there is; the config says how each goes.
    Everything,
}

/// Nothing special.
pub struct Plain;
/// Offers everything.
pub struct Equipped;
/// Says that it cannot be cancelled.
pub struct NotCancellable;
/// Takes four runs at once.
pub struct Parallel;
/// Takes three seconds to load.
pub struct SlowToLoad;
/// Returns an error when it is loaded.
pub struct RefusesToLoad;
/// Panics when it is loaded.
pub struct PanicsOnLoad;

impl Kind for Plain {}

impl Kind for Equipped {
    const CONCURRENCY: u32 = 2;
    const OFFERS: Offers = Offers::Everything;
}

impl Kind for NotCancellable {
    const CANCEL: Cancel = Cancel::NotSupported;
}

impl Kind for Parallel {
    const CONCURRENCY: u32 = 4;
}

impl Kind for SlowToLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        thread::sleep(Duration::from_secs(3));
        Ok(())
    }
}

impl Kind for RefusesToLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        Err(PluginError::resource("no licence for this machine"))
    }
}

impl Kind for PanicsOnLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        panic!("panicked while loading")
    }
}
