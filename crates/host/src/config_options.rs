//! Suggestions for config fields.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::nullable::or_default;

/// What a form may suggest for the fields of a config, by field name.
pub type ConfigOptions = BTreeMap<String, FieldOptions>;

/// What a form may suggest for one field.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FieldOptions {
    /// The values, in display order.
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<ConfigOption>,
    /// Constraints that currently hold, by keywords of JSON Schema such as `maximum`.
    #[serde(default, deserialize_with = "or_default")]
    pub constraints: Map<String, Value>,
}

/// A value that a form may suggest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConfigOption {
    /// The value for the config.
    pub value: Value,
    /// The text to display.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// Further properties, such as a price or a size.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
}

/// The body of a response to `GET /config_options`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ConfigOptionsBody {
    /// `{"status":"not_supported"}`; a field named `status` has an object there.
    NotSupported {
        #[serde(rename = "status")]
        _status: String,
    },
    Options(ConfigOptions),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_may_be_named_status() {
        let parse = |text| serde_json::from_str::<ConfigOptionsBody>(text).unwrap();
        let unsupported = parse(r#"{"status":"not_supported"}"#);
        assert!(matches!(unsupported, ConfigOptionsBody::NotSupported { .. }));
        let body = parse(r#"{"status":{"options":[{"value":"on","label":"On"}],"of_tomorrow":1}}"#);
        let ConfigOptionsBody::Options(options) = body else { panic!("{body:?}") };
        assert_eq!(options["status"].options[0].value, "on");
    }

    #[test]
    fn null_is_nothing() {
        let text = r#"{"device":{"options":[{"value":1,"label":null,"metadata":null}],"constraints":null},"rate":{"options":null}}"#;
        let body = serde_json::from_str(text).unwrap();
        let ConfigOptionsBody::Options(options) = body else { panic!("{body:?}") };
        assert_eq!(
            (options["device"].options[0].label.as_str(), options["rate"].options.len()),
            ("", 0)
        );
    }
}
