//! Finds speech in audio files.
