//! The form of audio that the detector takes.

/// The sample rate of the detector in Hz.
pub const RATE: u32 = 16_000;

/// The number of samples in a frame: 32 ms.
pub const FRAME: usize = 512;

/// A frame of mono audio at [`RATE`], with samples from -1 to 1.
pub type Frame = [f32; FRAME];
