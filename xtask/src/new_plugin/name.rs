//! The names of a plugin: of its package, its library and its class.

use std::error::Error;

/// A name that cargo takes for a package, and Rust for a class.
#[derive(Debug)]
pub(super) struct Name {
    package: String,
    class: String,
}

impl Name {
    pub(super) fn new(package: &str) -> Result<Self, Box<dyn Error>> {
        let refused = |why: &str| Err(format!("`{package}` is no name for a plugin: {why}").into());
        if !package.starts_with(|first: char| first.is_ascii_lowercase()) {
            return refused("it begins with a letter from a to z");
        }
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !package.chars().all(known) {
            return refused("it has letters from a to z, digits, `-` and `_`");
        }
        if package.len() > LONGEST {
            return refused("it is longer than 64 characters");
        }
        if is_one_of(TAKEN, &package.replace('-', "_")) {
            return refused("Rust, cargo or the plugin itself have another use for it");
        }
        let class = class_of(package);
        if is_one_of(TAKEN_CLASSES, &class) {
            return refused(&format!("its class would be `{class}`, which is something else"));
        }
        Ok(Self { package: package.to_owned(), class })
    }

    pub(super) fn package(&self) -> &str {
        &self.package
    }

    /// As in `use LIBRARY::…` and `libLIBRARY.so`.
    pub(super) fn library(&self) -> String {
        self.package.replace('-', "_")
    }

    pub(super) fn class(&self) -> &str {
        &self.class
    }
}

/// The most that registries take.
const LONGEST: usize = 64;

/// Keywords, crates that are always there, names that cargo reserves, and the plugin's dependencies.
const TAKEN: &str = "\
    abstract alloc as async await become box break const continue core crate do dyn else enum \
    extern false final fn for gen if impl in let loop macro match mod move mut override priv \
    proc_macro pub ref return schemars self serde serde_json static std struct super test \
    trait true try type typeof universal_worker_abi universal_worker_json \
    universal_worker_plugin unsafe unsized use virtual where while yield";

/// What else goes by such a name in the source that is written.
const TAKEN_CLASSES: &str = "\
    Args Config Context Deserialize Duration Err Harness Interface JsonSchema Ok Plugin \
    PluginError Result Self Serialize String Vec When";

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|it| it == word)
}

/// `my-plugin` to `MyPlugin`.
fn class_of(package: &str) -> String {
    let words = package.split(['-', '_']);
    words
        .flat_map(|word| {
            word.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(word.chars().skip(1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn names(package: &str, library: &str, class: &str) {
        let name = Name::new(package).unwrap();
        assert_eq!((name.library().as_str(), name.class()), (library, class));
    }

    #[track_caller]
    fn refuses(package: &str, why: &str) {
        let error = Name::new(package).unwrap_err().to_string();
        assert!(error.contains(&format!("`{package}` is no name for a plugin: ")), "{error}");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_class_is_named_after_its_package() {
        names("my-plugin", "my_plugin", "MyPlugin");
        names("whisper", "whisper", "Whisper");
        names("a_b-2c", "a_b_2c", "AB2c");
    }

    #[test]
    fn what_cargo_or_rust_would_refuse_is_refused() {
        refuses("", "begins with a letter");
        refuses("2d", "begins with a letter");
        refuses("-x", "begins with a letter");
        refuses("My", "begins with a letter");
        refuses("a/b", "letters from a to z");
        refuses("über", "begins with a letter");
        refuses("a.b", "letters from a to z");
        refuses("myPlugin", "letters from a to z");
        refuses("abstract", "another use");
        refuses("match", "another use");
        refuses("yield", "another use");
        refuses("serde-json", "another use");
        refuses(&"x".repeat(65), "64");
    }

    #[test]
    fn a_class_is_not_called_as_what_the_source_uses() {
        refuses("plugin", "its class would be `Plugin`");
        refuses("plugin-error", "its class would be `PluginError`");
    }
}
