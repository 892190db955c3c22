//! The optional methods.

use std::thread;
use std::time::Duration;

use universal_worker_plugin::{ConfigOption, ConfigOptions, Context, PluginError, Reconfigured};

use crate::config::{OptionalMethods, Reconfigure};

impl OptionalMethods {
    pub(crate) fn health(&self) -> Result<(), PluginError> {
        thread::sleep(seconds(self.health_hangs));
        match &self.unhealthy {
            None => Ok(()),
            Some(why) => Err(PluginError::resource(why)),
        }
    }

    pub(crate) fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        cx.status(0.5, "fetching");
        cx.sleep(seconds(self.prefetch_takes))?;
        if let Some(why) = &self.prefetch_fails {
            return Err(PluginError::transient(why));
        }
        cx.status(1.0, "fetched");
        Ok(())
    }

    pub(crate) fn options(&self, language: Option<&str>) -> ConfigOptions {
        thread::sleep(seconds(self.options_hang));
        let german = ConfigOption::new("de", "German").about("speakers", 95_000_000);
        let options = [ConfigOption::new("en", "English"), german];
        let field = options.into_iter().collect::<universal_worker_plugin::FieldOptions>();
        let field = field.constraint("default", language.unwrap_or("en"));
        ConfigOptions::from([("language".to_owned(), field)])
    }

    pub(crate) fn reconfigure(&self) -> Result<Reconfigured, PluginError> {
        match self.reconfigure {
            Reconfigure::Anew => Ok(Reconfigured::Rebuild),
            Reconfigure::InPlace => Ok(Reconfigured::InPlace),
            Reconfigure::Refuse => {
                Err(PluginError::user_input("not this one").field("language", "is not installed"))
            }
            Reconfigure::Panic => panic!("panicked over another config"),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
