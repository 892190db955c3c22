//! The smallest universal-worker plugin: it greets.

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::{self, JsonSchema};
use universal_worker_plugin::{Context, Plugin, PluginError};

/// Greets whom it is told to, in the words of its config.
pub struct Hello {
    greeting: String,
}

/// How to greet.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// What comes before the name.
    #[serde(default = "hello")]
    greeting: String,
}

/// Whom to greet.
#[derive(Deserialize, JsonSchema)]
pub struct Args {
    /// Who is greeted.
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

fn hello() -> String {
    "Hello".to_owned()
}

#[cfg(feature = "export")]
universal_worker_plugin::export_plugins!(Hello);
