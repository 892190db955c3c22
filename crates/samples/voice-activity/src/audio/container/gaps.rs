//! Pauses in the time stamps of a track, for which silence is put in: a server leaves out what it did not
//! receive, an editor lets the sound begin after the picture.

use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

/// The shortest pause in seconds. Time stamps are rounded, and a decoder needs some time to begin.
const SHORTEST: f64 = 0.1;

/// The most seconds of silence in a file without a length.
const MOST: f64 = 3600.0;

/// The most seconds of silence, whatever the length according to the header.
const MOST_DECLARED: f64 = 24.0 * 3600.0;

/// Finds pauses.
pub(in crate::audio) struct Gaps {
    /// The units of the time stamps.
    units: TimeBase,
    /// The length of the file in seconds, if its header has one.
    declared: Option<f64>,
    /// The seconds before the time stamp 0.
    lead: f64,
    /// The time at which the track begins.
    start: Option<f64>,
    /// The seconds decoded since then, with the silence.
    decoded: f64,
    /// The seconds of silence that can still be put in.
    left: f64,
}

impl Gaps {
    pub(super) fn new(units: TimeBase, declared: Option<f64>, lead: f64) -> Self {
        let left = declared.map_or(MOST, |declared| declared.min(MOST_DECLARED));
        Self { units, declared, lead, start: None, decoded: 0.0, left }
    }

    /// The seconds of silence to put in at once before a packet. Then the packet is asked for again.
    pub(in crate::audio) fn silence(&mut self, packet: &Packet) -> Option<f64> {
        let time = self.units.calc_time(packet.pts)?.as_secs_f64() + self.lead;
        // A stream without a length can begin at any time: that of a clock, or of a joint.
        let is_within = |length| time < length;
        let origin = if self.declared.is_some_and(is_within) { 0.0 } else { time };
        let missing = time - *self.start.get_or_insert(origin) - self.decoded;
        if missing < SHORTEST || missing > self.left {
            return None;
        }
        // A second at once takes little memory; the rest of a pause is never too short to count.
        let silence = if missing < 2.0 { missing } else { 1.0 };
        self.left -= silence;
        Some(silence)
    }

    /// Counts what was decoded or put in.
    pub(in crate::audio) fn advance(&mut self, seconds: f64) {
        self.decoded += seconds;
    }

    /// Begins with the next of several joined files.
    pub(in crate::audio) fn restart(&mut self) {
        self.start = None;
        self.decoded = 0.0;
    }
}
