//! Cells and rows.

/// Prints a row.
pub(super) fn row(first: &str, cells: &[String]) {
    println!("| {first} | {} |", cells.join(" | "));
}

/// Prints the line between the head of a table and its rows: after the first column, some of text, then
/// some of numbers.
pub(super) fn rule(texts: usize, numbers: usize) {
    println!("| --- |{}{}", " --- |".repeat(texts), " ---: |".repeat(numbers));
}

/// A fraction in percent.
pub(super) fn percent(fraction: f64) -> String {
    number(fraction * 100.0, 1)
}

/// A number; a dash if nothing was measured.
pub(super) fn number(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { "–".to_owned() }
}
