//! What is not read is named.

use super::files::{Size, aiff, au, caf, chunk, fields, format, riff};
use super::is_refused;

fn not_supported(what: &str) -> String {
    format!("it is {what}, which is not supported")
}

#[test]
fn codecs_are_named() {
    let wave = [
        (0x31, 0, "GSM 6.10 in WAV"),
        (0x45, 4, "G.726 ADPCM in WAV"),
        (0x22, 1, "TrueSpeech in WAV"),
        (0x161, 16, "WMA in WAV"),
        (0x1234, 16, "codec 0x1234 in WAV"),
        (0x11, 3, "3-bit IMA ADPCM in WAV"),
        (1, 64, "64-bit PCM in WAV"),
        (3, 16, "16-bit float in WAV"),
    ];
    for (tag, bits, name) in wave {
        let file = riff(&[format(tag, 1, bits), chunk(b"data", &[0; 1000])]);
        is_refused(name, &file, &not_supported(name));
    }
    for (codec, name) in [(b"MAC3", "MACE 3:1 in AIFF"), (b"x\xFFy ", "codec 'x\\xffy ' in AIFF")] {
        let file = aiff(Some(codec), 8, [Size::Right; 2], &[0; 1000]);
        is_refused(name, &file, &not_supported(name));
    }
    let file = caf(b"ilbc", 0, 50, 0, Size::Right, &[0; 1000]);
    is_refused("iLBC", &file, &not_supported("iLBC in CAF"));
    is_refused("AU", &au(23, Size::Right, &[0; 1000]), &not_supported("G.721 ADPCM in AU"));
}

#[test]
fn impossible_headers_are_refused() {
    let data = || chunk(b"data", &[0; 8000]);
    for channels in [0, 1025, u16::MAX] {
        let expected = format!("its number of channels, {channels}, is outside of 1 to 1024");
        let file = riff(&[chunk(b"fmt ", &fields(1, channels, 16, 2)), data()]);
        is_refused("channels", &file, &expected);
    }
    let small = riff(&[format(0x11, 2, 4), data()]);
    is_refused(
        "a small block",
        &small,
        "its header is damaged: malformed stream: the block is too small",
    );
    is_refused("no sound", &riff(&[format(1, 1, 16)]), "it has no audio track");
    let expected = "its header is damaged: malformed stream: the format of the sound is missing";
    is_refused("no format", &riff(&[data()]), expected);
}
