//! The differences between the classes.

use std::thread;
use std::time::Duration;

use universal_worker_plugin::{Cancellation, Context, PluginError};

/// The settings of one class.
pub trait Kind: 'static {
    /// The maximum number of concurrent runs.
    const CONCURRENCY: u32 = 1;
    /// Whether runs react to cancellation.
    const CANCELLATION: Cancellation = Cancellation::Cooperative;
    /// The optional methods that it implements.
    const OFFERS: Offers = Offers::Nothing;

    /// Loads the class.
    ///
    /// # Errors
    /// If the class is one that fails to load.
    fn load(_cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}

/// The optional methods that a class implements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// None of them.
    Nothing,
    /// All of them, with the behavior from the config.
    Everything,
}

/// The default settings.
pub struct Plain;
/// Implements all optional methods.
pub struct Equipped;
/// Declares that it cannot be cancelled.
pub struct NotCancellable;
/// Runs up to four calls at once.
pub struct Parallel;
/// Takes three seconds to load.
pub struct SlowToLoad;
/// Fails to load with an error.
pub struct RefusesToLoad;
/// Fails to load with a panic.
pub struct PanicsOnLoad;

impl Kind for Plain {}

impl Kind for Equipped {
    const CONCURRENCY: u32 = 2;
    const OFFERS: Offers = Offers::Everything;
}

impl Kind for NotCancellable {
    const CANCELLATION: Cancellation = Cancellation::Unsupported;
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
        Err(PluginError::resource("no license for this machine"))
    }
}

impl Kind for PanicsOnLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        panic!("panicked while loading")
    }
}
