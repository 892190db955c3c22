//! Names what is not read, by its magic.

/// Magic bytes at a position, and what a file with them is.
type Magic = (usize, &'static [u8], &'static str);

const AUDIO: &[Magic] = &[
    (0, b"#!AMR-WB", "AMR-WB audio"),
    (0, b"#!AMR", "AMR audio"),
    (0, b"#!EVRC", "EVRC audio"),
    (0, b"#!SMV", "SMV audio"),
    (0, b"#!iLBC", "iLBC audio"),
    (0, b"#!SILK", "SILK audio"),
    (1, b"#!SILK", "SILK audio"),
    (8, b"QLCM", "QCELP audio"),
    (0, b"0&\xB2\x75\x8E\x66\xCF\x11", "a Windows Media (ASF) file"),
    (0, b".RMF", "a RealMedia file"),
    (0, b".ra\xFD", "RealAudio"),
    (0, b"MPCK", "Musepack audio"),
    (0, b"MP+", "Musepack audio"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack audio"),
    (0, b"TTA1", "True Audio (TTA)"),
    (0, b"TTA2", "True Audio (TTA)"),
    (0, b"tBaK", "TAK audio"),
    (0, b"OFR ", "OptimFROG audio"),
    (0, b"DSD ", "DSD audio (DSF)"),
    (0, b"FRM8", "DSD audio (DFF)"),
    (0, b"Creative Voice File\x1A", "Creative Voice audio (VOC)"),
    (0, b"NIST_1A", "NIST SPHERE audio"),
    (0, b"8SVX", "8SVX audio"),
    (8, b"8SVX", "8SVX audio"),
    (0, b"ADIF", "AAC in ADIF"),
    (0, b"\x0B\x77", "Dolby AC-3 audio"),
    (0, b"\x7F\xFE\x80\x01", "DTS audio"),
    (0, b"\xFE\x7F\x01\x80", "DTS audio"),
    (0, b"MThd", "MIDI"),
    (8, b"RMID", "MIDI"),
    (0, b"Extended Module:", "tracker music (XM)"),
    (0, b"IMPM", "tracker music (IT)"),
    (44, b"SCRM", "tracker music (S3M)"),
    (1080, b"M.K.", "tracker music (MOD)"),
    (1080, b"M!K!", "tracker music (MOD)"),
    (1080, b"FLT4", "tracker music (MOD)"),
    (1080, b"6CHN", "tracker music (MOD)"),
    (1080, b"8CHN", "tracker music (MOD)"),
];

const VIDEO: &[Magic] = &[
    (8, b"AVI ", "an AVI video"),
    (4, b"moov", "an old QuickTime file"),
    (4, b"mdat", "an old QuickTime file"),
    (0, b"\0\0\0\x08wide", "an old QuickTime file"),
    (0, b"\0\0\0\x08free", "an old QuickTime file"),
    (0, b"\0\0\0\x08skip", "an old QuickTime file"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"FWS", "a Flash animation"),
    (0, b"CWS", "a Flash animation"),
    (0, b"\0\0\x01\xBA", "an MPEG program stream"),
    (0, b"\0\0\x01\xB3", "an MPEG video"),
];

const IMAGES: &[Magic] = &[
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xFF\xD8\xFF", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (4, b"ftyphei", "a HEIC image"),
    (4, b"ftyphev", "a HEIC image"),
    (4, b"ftypmif1", "a HEIC image"),
    (4, b"ftypavi", "an AVIF image"),
    (0, b"\0\0\x01\0", "an icon"),
];

const OTHERS: &[Magic] = &[
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"PK\x05\x06", "a zip archive"),
    (0, b"\x1F\x8B", "a gzip archive"),
    (0, b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (0, b"Rar!\x1A\x07", "a RAR archive"),
    (0, b"\xFD7zXZ\0", "an xz archive"),
    (0, b"\x28\xB5\x2F\xFD", "a zstd archive"),
    (0, b"\x04\x22\x4D\x18", "an lz4 archive"),
    (0, b"BZh", "a bzip2 archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\xD0\xCF\x11\xE0", "an Office document"),
    (0, b"\x7FELF", "an executable (ELF)"),
    (0, b"MZ", "an executable (Windows)"),
    (0, b"\xCF\xFA\xED\xFE", "an executable (macOS)"),
    (0, b"\xCA\xFE\xBA\xBE", "an executable (macOS or Java)"),
    (0, b"\0asm", "an executable (WebAssembly)"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x89HDF", "an HDF5 file"),
];

/// The beginnings of text whose kind has a name; case and white space before them do not matter.
const TEXTS: &[(&str, &str)] = &[
    ("<!doctype html", "HTML"),
    ("<html", "HTML"),
    ("<?xml", "XML"),
    ("{", "JSON"),
    ("[", "JSON"),
    ("webvtt", "WebVTT subtitles"),
    ("1\r\n00:", "SRT subtitles"),
    ("1\n00:", "SRT subtitles"),
];

/// The size of a packet of an MPEG transport stream; a time stamp of four bytes may come before each.
const TRANSPORT_PACKETS: [(usize, usize); 2] = [(0, 188), (4, 192)];

/// What a file is, by its magic.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    let has = |(at, magic, _): &&Magic| head.get(*at..).is_some_and(|head| head.starts_with(magic));
    let named = [AUDIO, VIDEO, IMAGES, OTHERS].into_iter().flatten().find(has);
    named
        .map(|(_, _, name)| *name)
        .or_else(|| is_transport_stream(head).then_some("an MPEG transport stream"))
}

/// What a file without a magic seems to be.
pub(super) fn guess(head: &[u8]) -> Option<&'static str> {
    let is_zeros = !head.is_empty() && head.iter().all(|byte| *byte == 0);
    text(head).or_else(|| is_zeros.then_some("a file of zeros"))
}

fn is_transport_stream(head: &[u8]) -> bool {
    TRANSPORT_PACKETS
        .iter()
        .any(|(start, size)| (0..4).all(|n| head.get(start + n * size) == Some(&b'G')))
}

fn text(head: &[u8]) -> Option<&'static str> {
    if let [0xFF, 0xFE, _, 0, ..] | [0xFE, 0xFF, 0, _, ..] = head {
        return Some("text");
    }
    // The last character may be cut in two.
    let whole = match str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    };
    let text = str::from_utf8(whole).ok()?.trim_start_matches('\u{FEFF}').trim_start();
    if text.chars().any(|c| c.is_control() && !c.is_whitespace() && c != '\u{1B}') {
        return None;
    }
    let start = text.get(..32).unwrap_or(text).to_lowercase();
    let kind = TEXTS.iter().find(|(beginning, _)| start.starts_with(beginning));
    kind.map(|(_, name)| *name).or((text.len() > 3).then_some("text"))
}
