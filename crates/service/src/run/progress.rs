//! The progress of a run, as its plugin reports it.

use std::time::Instant;

/// Bytes of a message that are kept.
const MESSAGE_LIMIT: usize = 4096;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    /// From 0 to 1, or -1 if unknown.
    pub(crate) fraction: f64,
    /// What the plugin is doing.
    pub(crate) message: String,
    /// When the fraction or the message last changed.
    pub(crate) changed_at: Option<Instant>,
}

impl Progress {
    /// Applies a report; without a message the former one stays.
    pub(crate) fn set(&mut self, fraction: f64, message: Option<&str>) {
        let fraction = clamped(fraction);
        let message = message.map(|text| &text[..text.floor_char_boundary(MESSAGE_LIMIT)]);
        let new = message.filter(|message| *message != self.message);
        if fraction != self.fraction || new.is_some() {
            self.changed_at = Some(Instant::now());
        }
        self.fraction = fraction;
        if let Some(message) = new {
            message.clone_into(&mut self.message);
        }
    }
}

/// A fraction that a client can draw, whatever the plugin reports.
fn clamped(fraction: f64) -> f64 {
    if fraction.is_nan() || fraction < 0.0 { -1.0 } else { fraction.min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_between_0_and_1_or_minus_1() {
        for (reported, expected) in [
            (0.0, 0.0),
            (0.5, 0.5),
            (1.5, 1.0),
            (-1.0, -1.0),
            (-0.1, -1.0),
            (f64::NAN, -1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert_eq!(clamped(reported), expected, "{reported}");
        }
    }

    #[test]
    fn a_message_stays_until_replaced_and_is_cut_between_characters() {
        let mut progress = Progress::default();
        progress.set(0.1, Some("decoding"));
        progress.set(0.2, None);
        assert_eq!((progress.fraction, progress.message.as_str()), (0.2, "decoding"));
        progress.set(0.3, Some(&"é".repeat(MESSAGE_LIMIT)));
        assert_eq!(progress.message, "é".repeat(MESSAGE_LIMIT / 2));
    }

    #[test]
    fn repeating_a_report_is_no_change() {
        let mut progress = Progress::default();
        progress.set(0.0, Some(""));
        assert_eq!(progress.changed_at, None);
        progress.set(0.5, Some("half"));
        let changed_at = progress.changed_at;
        assert!(changed_at.is_some());
        progress.set(0.5, Some("half"));
        progress.set(0.5, None);
        assert_eq!(progress.changed_at, changed_at);
        // A fraction may decrease: how a plugin counts is up to the plugin.
        progress.set(0.25, None);
        assert_eq!(progress.fraction, 0.25);
        assert_ne!(progress.changed_at, changed_at);
    }
}
