//! The names of codecs that QuickTime identifies by four letters, as AIFF-C and CAF do.

use super::chunks::Id;

const NAMES: [(Id, &str); 28] = [
    (*b".mp1", "MPEG layer 1"),
    (*b".mp2", "MPEG layer 2"),
    (*b".mp3", "MP3"),
    (*b"aac ", "AAC"),
    (*b"aach", "AAC"),
    (*b"aacl", "AAC"),
    (*b"aace", "AAC"),
    (*b"aacp", "AAC"),
    (*b"ac-3", "Dolby AC-3"),
    (*b"ADP4", "ADPCM of 3DO"),
    (*b"alac", "ALAC"),
    (*b"dvi4", "DVI ADPCM"),
    (*b"ec-3", "Dolby E-AC-3"),
    (*b"flac", "FLAC"),
    (*b"G722", "G.722 ADPCM"),
    (*b"G726", "G.726 ADPCM"),
    (*b"G728", "G.728"),
    (*b"GSM ", "GSM 6.10"),
    (*b"agsm", "GSM 6.10"),
    (*b"ilbc", "iLBC"),
    (*b"MAC3", "MACE 3:1"),
    (*b"MAC6", "MACE 6:1"),
    (*b"opus", "Opus"),
    (*b"Qclp", "QCELP"),
    (*b"QDMC", "QDesign Music"),
    (*b"QDM2", "QDesign Music 2"),
    (*b"samr", "AMR-NB"),
    (*b"SDX2", "SDX2 DPCM"),
];

/// The name of a codec.
pub(super) fn four_letters(id: Id) -> String {
    let known = NAMES.iter().find(|(other, _)| *other == id);
    known.map_or_else(|| format!("codec '{}'", id.escape_ascii()), |(_, name)| (*name).to_owned())
}
