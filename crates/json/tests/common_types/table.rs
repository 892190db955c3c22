//! Parses the table of the Markdown file.

const MARKDOWN: &str = include_str!("../../docs/common-types.md");

pub(crate) struct Row {
    pub(crate) rust: String,
    pub(crate) json: String,
    pub(crate) python: Python,
}

pub(crate) enum Python {
    Same(String),
    Other(String),
    None,
}

impl Python {
    pub(crate) fn expression(&self) -> Option<&str> {
        match self {
            Self::Same(expression) | Self::Other(expression) => Some(expression),
            Self::None => None,
        }
    }

    fn read(cell: &str) -> Self {
        match cell.strip_prefix("not ") {
            _ if cell == "none" => Self::None,
            Some(code) => Self::Other(unquoted(code)),
            None => Self::Same(unquoted(cell)),
        }
    }
}

/// The rows below the header.
pub(crate) fn read() -> Vec<Row> {
    let lines = MARKDOWN.lines().filter(|line| line.starts_with("| `"));
    lines.map(row).collect()
}

/// The definitions that the expressions use.
pub(crate) fn python_prelude() -> String {
    let (_, after) = MARKDOWN.split_once("```python\n").expect("a block of Python");
    let (code, _) = after.split_once("```").expect("the block ends");
    code.to_owned()
}

fn row(line: &str) -> Row {
    let cells: Vec<_> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
    let [rust, json, python, how] = cells[..] else { panic!("four cells: {line}") };
    assert!(["serde", "adapter", "feature `rc`"].contains(&how), "{line}");
    Row { rust: unquoted(rust), json: unquoted(json), python: Python::read(python) }
}

fn unquoted(code: &str) -> String {
    let inner = code.strip_prefix('`').and_then(|code| code.strip_suffix('`'));
    inner.unwrap_or_else(|| panic!("not in backticks: {code}")).to_owned()
}
