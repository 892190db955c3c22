//! The smallest universal-worker plugin: it greets.

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::{self, JsonSchema};
use universal_worker_plugin::{Context, Plugin, PluginError};

/// Greets people.
#[derive(Debug)]
pub struct Hello {
    greeting: String,
}

/// The config, set once with `POST /initialize`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The text before the name.
    #[serde(default = "default_greeting")]
    greeting: String,
}

/// The arguments of each call, by position or by keyword.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Args {
    /// The name of the person to greet.
    name: String,
}

impl Plugin for Hello {
    type Config = Config;
    type Args = Args;
    type Output = String;

    fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self { greeting: config.greeting })
    }

    fn execute(&self, args: Args, _cx: &Context) -> Result<String, PluginError> {
        Ok(format!("{}, {}!", self.greeting, args.name))
    }
}

fn default_greeting() -> String {
    "Hello".to_owned()
}

#[cfg(feature = "export")]
universal_worker_plugin::export_plugins!(Hello);
