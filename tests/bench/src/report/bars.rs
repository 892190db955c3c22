//! The picture of all ratios.

use std::error::Error;

use plotters::prelude::*;

use super::{Figure, Unit};

const WIDTH: u32 = 720;
const BAR_HEIGHT: u32 = 26;
const AROUND: u32 = 90;
const BAR: RGBColor = RGBColor(120, 165, 215);
const WANTED: RGBColor = RGBColor(200, 60, 30);

/// Draws each ratio as a bar with its quartiles and what is wanted; none if there are no ratios.
pub(crate) fn ratios(figures: &[(String, &Figure)]) -> Result<Option<String>, Box<dyn Error>> {
    let is_ratio = |(_, figure): &&(String, &Figure)| figure.unit == Unit::Ratio;
    // The axis begins at the bottom.
    let rows: Vec<_> = figures.iter().filter(is_ratio).rev().collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let most =
        |(_, figure): &&(String, &Figure)| figure.measured.high.max(figure.wanted.unwrap_or(1.0));
    let end = rows.iter().map(most).fold(1.0, f64::max) * 1.05;
    let mut svg = String::new();
    {
        let size = (WIDTH, AROUND + BAR_HEIGHT * rows.len() as u32);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("Speed in comparison with the bare server", ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(280)
            .build_cartesian_2d(0.0..end, (0..(rows.len() - 1).max(1)).into_segmented())?;
        let name = |value: &SegmentValue<usize>| match value {
            SegmentValue::CenterOf(row) => {
                rows.get(*row).map_or("", |row| row.0.as_str()).to_owned()
            }
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().light_line_style(WHITE).y_labels(rows.len());
        mesh.x_desc(
            "1 is the bare server; the thin line spans the quartiles, the red one is wanted",
        );
        mesh.y_label_formatter(&name).draw()?;
        for (row, (_, figure)) in rows.iter().enumerate() {
            let edge = |value, row| (value, SegmentValue::Exact(row));
            let Figure { measured, wanted, .. } = figure;
            let mut bar =
                Rectangle::new([edge(0.0, row), edge(measured.median, row + 1)], BAR.filled());
            bar.set_margin(5, 5, 0, 0);
            chart.draw_series([bar])?;
            let middle = |value| (value, SegmentValue::CenterOf(row));
            let quartiles = [middle(measured.low), middle(measured.high)];
            chart.draw_series([PathElement::new(quartiles, BLACK)])?;
            if let Some(wanted) = *wanted {
                let ends = [edge(wanted, row), edge(wanted, row + 1)];
                chart.draw_series([PathElement::new(ends, WANTED.stroke_width(2))])?;
            }
        }
        area.present()?;
    }
    Ok(Some(svg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Spread;
    use crate::report::Better;

    #[test]
    fn there_is_a_bar_for_each_ratio() {
        let figure = |unit| Figure {
            name: "echo".to_owned(),
            unit,
            better: Better::Higher,
            measured: Spread { median: 0.8, low: 0.7, high: 0.9 },
            wanted: Some(0.9),
        };
        let (ratio, bytes) = (figure(Unit::Ratio), figure(Unit::Bytes));
        let named = [("echo".to_owned(), &ratio), ("binary".to_owned(), &bytes)];
        let svg = ratios(&named).unwrap().unwrap();
        assert!(svg.contains("echo") && !svg.contains("binary"));
        assert!(ratios(&named[1..]).unwrap().is_none());
    }
}
