//! The names of a plugin's package, library and class.

use std::error::Error;

/// A valid name of a package, with a valid name of a class.
#[derive(Debug)]
pub(super) struct Name {
    package: String,
    class: String,
}

impl Name {
    pub(super) fn new(package: &str) -> Result<Self, Box<dyn Error>> {
        let invalid =
            |why: &str| Err(format!("`{package}` is not a valid plugin name: {why}").into());
        if !package.starts_with(|first: char| first.is_ascii_lowercase()) {
            return invalid("it must begin with a letter from a to z");
        }
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !package.chars().all(allowed) {
            return invalid("it may contain letters from a to z, digits, `-` and `_`");
        }
        if package.len() > MAX_LENGTH {
            return invalid("it is longer than 64 characters");
        }
        if is_one_of(RESERVED, &package.replace('-', "_")) {
            return invalid("Rust, cargo or the template use it");
        }
        let class = class_of(package);
        if is_one_of(RESERVED_CLASSES, &class) {
            return invalid(&format!("the template uses `{class}` for something else"));
        }
        Ok(Self { package: package.to_owned(), class })
    }

    pub(super) fn package(&self) -> &str {
        &self.package
    }

    /// The name in `use LIBRARY::…` and `libLIBRARY.so`.
    pub(super) fn library(&self) -> String {
        self.package.replace('-', "_")
    }

    pub(super) fn class(&self) -> &str {
        &self.class
    }
}

/// The limit of crates.io.
const MAX_LENGTH: usize = 64;

/// Keywords, built-in crates, names that cargo reserves, and the plugin's dependencies.
const RESERVED: &str = "\
    abstract alloc as async await become box break const continue core crate do dyn else enum \
    extern false final fn for gen if impl in let loop macro match mod move mut override priv \
    proc_macro pub ref return schemars self serde serde_json static std struct super test \
    trait true try type typeof universal_worker_abi universal_worker_json \
    universal_worker_plugin unsafe unsized use virtual where while yield";

/// The names that the template uses.
const RESERVED_CLASSES: &str = "\
    Args Config Context Deserialize Duration Err Harness Interface JsonSchema Ok Plugin \
    PluginError Result Self Serialize String Vec When";

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|other| other == word)
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
        assert!(error.contains(&format!("`{package}` is not a valid plugin name: ")), "{error}");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn the_class_is_named_after_the_package() {
        names("my-plugin", "my_plugin", "MyPlugin");
        names("whisper", "whisper", "Whisper");
        names("a_b-2c", "a_b_2c", "AB2c");
    }

    #[test]
    fn names_that_cargo_or_rust_would_refuse_are_invalid() {
        refuses("", "begin with a letter");
        refuses("2d", "begin with a letter");
        refuses("-x", "begin with a letter");
        refuses("My", "begin with a letter");
        refuses("a/b", "letters from a to z");
        refuses("über", "begin with a letter");
        refuses("a.b", "letters from a to z");
        refuses("myPlugin", "letters from a to z");
        refuses("abstract", "Rust, cargo or the template");
        refuses("match", "Rust, cargo or the template");
        refuses("yield", "Rust, cargo or the template");
        refuses("serde-json", "Rust, cargo or the template");
        refuses(&"x".repeat(65), "64");
    }

    #[test]
    fn names_that_the_template_uses_are_invalid() {
        refuses("plugin", "the template uses `Plugin`");
        refuses("plugin-error", "the template uses `PluginError`");
    }
}
