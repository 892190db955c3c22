//! `--list`: what is in the plugin folders.

use std::fmt::Write;

use universal_worker_loader::Library;
use universal_worker_loader::PluginFolders;

use crate::failure::Outcome;

pub(crate) fn run(folders: &PluginFolders) -> Outcome {
    let mut text = String::new();
    for found in folders.list() {
        let told = match Library::open(&found.file) {
            Ok(library) => {
                let classes: Vec<&str> =
                    library.info().classes.iter().map(|class| class.class.as_str()).collect();
                classes.join(", ")
            }
            Err(error) => format!("({error})"),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<24} {told}", found.name);
    }
    if text.is_empty() {
        text.push_str("no plugin is found; --plugin-dir names a folder\n");
    }
    Outcome::told(text.trim_end())
}
