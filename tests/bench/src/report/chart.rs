//! Pictures.

use std::error::Error;

use plotters::chart::SeriesLabelPosition;
use plotters::prelude::*;
use serde::{Deserialize, Serialize};

/// Curves with logarithmic axes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chart {
    /// The name of the file.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) curves: Vec<Curve>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (720, 400);
const COLORS: [RGBColor; 4] =
    [RGBColor(0, 90, 181), RGBColor(220, 90, 30), RGBColor(0, 130, 90), RGBColor(120, 60, 160)];

impl Chart {
    pub(crate) fn new(name: &str, title: &str, x: &str, y: &str) -> Self {
        let [name, title, x, y] = [name, title, x, y].map(str::to_owned);
        Self { name, title, x, y, curves: Vec::new() }
    }

    pub(crate) fn curve(&mut self, name: impl Into<String>, points: Vec<(f64, f64)>) {
        self.curves.push(Curve { name: name.into(), points });
    }

    /// The text of the picture.
    pub(crate) fn svg(&self) -> Result<String, Box<dyn Error>> {
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .caption(&self.title, ("sans-serif", 18))
                .margin(12)
                .x_label_area_size(44)
                .y_label_area_size(76)
                .build_cartesian_2d(
                    range(self.values(|point| point.0), 1.6).log_scale(),
                    range(self.values(|point| point.1), 6.0).log_scale(),
                )?;
            let mut mesh = chart.configure_mesh();
            mesh.x_desc(&self.x).y_desc(&self.y).light_line_style(WHITE);
            mesh.x_label_formatter(&|value| short(*value))
                .y_label_formatter(&|value| short(*value));
            mesh.draw()?;
            for (curve, color) in self.curves.iter().zip(COLORS.iter().cycle()) {
                let color = *color;
                chart
                    .draw_series(LineSeries::new(curve.points.clone(), color.stroke_width(2)))?
                    .label(&curve.name)
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2))
                    });
                let dots = curve.points.iter().map(|point| Circle::new(*point, 3, color.filled()));
                chart.draw_series(dots)?;
            }
            let mut legend = chart.configure_series_labels();
            legend.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8));
            legend.border_style(BLACK.mix(0.3)).draw()?;
            area.present()?;
        }
        Ok(svg)
    }

    fn values(&self, coordinate: impl Fn(&(f64, f64)) -> f64) -> Vec<f64> {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        points.map(coordinate).filter(|value| value.is_finite() && *value > 0.0).collect()
    }
}

/// The range of an axis, with room at both ends: at the upper one by this factor, for the legend.
fn range(values: Vec<f64>, room: f64) -> std::ops::Range<f64> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    if high > 0.0 { low / 1.3..high * room } else { 1.0..10.0 }
}

/// A number of an axis, such as `20`, `0.5` or `10k`.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", value / 1e6),
        1e3.. => format!("{}k", value / 1e3),
        _ => format!("{}", (value * 1e3).round() / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_an_svg_with_its_labels() {
        let mut chart = Chart::new("n", "Time per request", "connections", "µs");
        chart.curve("worker", vec![(1.0, 5.0), (10.0, 6.0), (100.0, 9.0)]);
        chart.curve("bare", vec![(1.0, 4.0), (10.0, 5.0)]);
        let svg = chart.svg().unwrap();
        for part in ["<svg", "</svg>", "Time per request", "connections", "worker", "bare"] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn numbers_of_an_axis_are_short() {
        assert_eq!(short(20_000.0), "20k");
        assert_eq!(short(0.5), "0.5");
        assert_eq!(short(67e6), "67M");
    }
}
