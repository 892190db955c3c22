//! A short text form of a JSON Schema.

use serde_json::Value;
use serde_json::value::RawValue;

/// Whether the schema accepts only `null`.
pub(super) fn is_null(schema: &RawValue) -> bool {
    serde_json::from_str::<Value>(schema.get()).is_ok_and(|schema| schema["type"] == "null")
}

/// One line per property, those of `order` first; a schema without properties is one line.
pub(super) fn lines(schema: &RawValue, order: &[String]) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema.get()).unwrap_or_default();
    let Some(properties) = schema["properties"].as_object().filter(|known| !known.is_empty())
    else {
        return vec![described(kind(&schema, &schema), &schema)];
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut names: Vec<&String> = properties.keys().collect();
    names.sort_by_key(|name| order.iter().position(|known| known == *name).unwrap_or(usize::MAX));
    names.into_iter().map(|name| line(name, &schema, required.contains(&name.as_str()))).collect()
}

fn line(name: &str, root: &Value, is_required: bool) -> String {
    let schema = &root["properties"][name];
    let default = match &schema["default"] {
        _ if is_required => " (required)".to_owned(),
        Value::Null => String::new(),
        default => format!(" = {default}"),
    };
    described(format!("{name}: {}{default}", kind(schema, root)), schema)
}

fn described(what: String, schema: &Value) -> String {
    match schema["description"].as_str() {
        Some(text) => format!("{what} - {}", text.split_whitespace().collect::<Vec<_>>().join(" ")),
        None => what,
    }
}

/// The type of a value; `root` has the definitions that references point to.
fn kind(schema: &Value, root: &Value) -> String {
    let any_of = |key: &str| schema[key].as_array().filter(|some| !some.is_empty());
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = any_of("enum") {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(some) = any_of("oneOf").or_else(|| any_of("anyOf")) {
        return some.iter().map(|one| kind(one, root)).collect::<Vec<_>>().join(" | ");
    }
    match (&schema["type"], schema["$ref"].as_str()) {
        (Value::String(kind), _) if kind == "array" => {
            format!("array of {}", of_items(schema, root))
        }
        (Value::String(kind), _) => kind.clone(),
        (Value::Array(kinds), _) => {
            kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        }
        (_, Some(reference)) => referred(reference, root),
        _ => "any".to_owned(),
    }
}

fn of_items(schema: &Value, root: &Value) -> String {
    schema.get("items").map_or_else(|| "any".to_owned(), |items| kind(items, root))
}

/// The values of an enum, or the name of any other definition.
fn referred(reference: &str, root: &Value) -> String {
    let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
    let has_values = |schema: &Value| schema["enum"].is_array() || schema.get("const").is_some();
    let is_enum = |schema: &&Value| {
        let variants = schema["oneOf"].as_array();
        has_values(schema)
            || variants.is_some_and(|some| !some.is_empty() && some.iter().all(has_values))
    };
    match target.filter(is_enum) {
        Some(target) => kind(target, root),
        None => reference.rsplit('/').next().unwrap_or(reference).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::disallowed_methods, reason = "only text is needed")]
    fn check(schema: &Value, order: &[&str], expected: &[&str]) {
        let raw = serde_json::value::to_raw_value(schema).unwrap();
        let order: Vec<String> = order.iter().map(ToString::to_string).collect();
        assert_eq!(lines(&raw, &order), expected);
    }

    #[test]
    fn each_property_is_one_line_in_the_order_of_the_arguments() {
        let schema = json!({
            "type": "object",
            "required": ["text"],
            "properties": {
                "mode": {"enum": ["fast", "exact"], "default": "fast"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
                "level": {"$ref": "#/$defs/Level"},
                "pace": {"anyOf": [{"$ref": "#/$defs/Pace"}, {"type": "null"}]},
                "limit": {"type": ["integer", "null"]},
                "text": {"type": "string", "description": "What is\n read."},
            },
            "$defs": {
                "Part": {"type": "object"},
                "Level": {"type": "string", "enum": ["low", "high"]},
                "Pace": {"oneOf": [
                    {"const": "slow", "description": "As others do."},
                    {"type": "string", "enum": ["fast", "faster"]},
                ]},
            }
        });
        check(
            &schema,
            &["text", "mode"],
            &[
                "text: string (required) - What is read.",
                "mode: \"fast\" | \"exact\" = \"fast\"",
                "level: \"low\" | \"high\"",
                "limit: integer | null",
                "pace: \"slow\" | \"fast\" | \"faster\" | null",
                "parts: array of Part",
            ],
        );
    }

    #[test]
    fn a_schema_without_properties_is_its_kind() {
        check(&json!({"type": "string"}), &[], &["string"]);
        check(&json!(true), &[], &["any"]);
        check(&json!({"anyOf": [{"type": "null"}, {"$ref": "#/$defs/A"}]}), &[], &["null | A"]);
    }
}
