//! The names of the codecs that a WAVE file can have, and that are not read.

/// The names of format tags, from `mmreg.h` of Windows.
const NAMES: [(u16, &str); 47] = [
    (0x0005, "IBM CVSD"),
    (0x000A, "WMA Voice"),
    (0x0010, "OKI ADPCM"),
    (0x0011, "3-bit IMA ADPCM"),
    (0x0012, "MediaSpace ADPCM"),
    (0x0014, "G.723 ADPCM"),
    (0x0017, "Dialogic OKI ADPCM"),
    (0x0020, "Yamaha ADPCM"),
    (0x0022, "TrueSpeech"),
    (0x0030, "Dolby AC-2"),
    (0x0031, "GSM 6.10"),
    (0x0032, "MSN Audio"),
    (0x0038, "AMR-NB"),
    (0x0040, "G.721 ADPCM"),
    (0x0041, "G.728"),
    (0x0042, "G.723.1"),
    (0x0045, "G.726 ADPCM"),
    (0x0057, "AMR-NB"),
    (0x0058, "AMR-WB"),
    (0x0061, "Duck DK4 ADPCM"),
    (0x0062, "Duck DK3 ADPCM"),
    (0x0064, "G.726 ADPCM"),
    (0x0065, "G.722 ADPCM"),
    (0x0072, "G.723.1"),
    (0x0073, "G.726 ADPCM"),
    (0x0075, "VoxWare"),
    (0x0083, "G.729"),
    (0x0085, "G.723.1"),
    (0x0092, "Dolby AC-3"),
    (0x00FF, "AAC"),
    (0x0111, "G.723.1"),
    (0x0130, "ACELP.net"),
    (0x0160, "WMA"),
    (0x0161, "WMA"),
    (0x0162, "WMA Pro"),
    (0x0163, "WMA Lossless"),
    (0x0200, "Creative ADPCM"),
    (0x0270, "ATRAC3"),
    (0x0402, "Intel Music Coder"),
    (0x1600, "AAC"),
    (0x1610, "AAC"),
    (0x2000, "Dolby AC-3"),
    (0x2001, "DTS"),
    (0x674F, "Vorbis"),
    (0x704F, "Opus"),
    (0xA109, "Speex"),
    (0xF1AC, "FLAC"),
];

/// The name of a codec by its format tag.
pub(super) fn name(tag: u16) -> String {
    let known = NAMES.iter().find(|(number, _)| *number == tag);
    known.map_or_else(|| format!("codec 0x{tag:04X}"), |(_, name)| (*name).to_owned())
}
