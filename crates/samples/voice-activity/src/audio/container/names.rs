//! The names of codecs that QuickTime identifies by four letters, as AIFF-C, CAF and MP4 do.

use super::chunks::Id;

/// The codecs that are read in one of those formats.
const READ: [(Id, &str); 11] = [
    (*b".mp1", "MPEG layer 1"),
    (*b".mp2", "MPEG layer 2"),
    (*b".mp3", "MP3"),
    (*b"aac ", "AAC"),
    (*b"aach", "AAC"),
    (*b"aacl", "AAC"),
    (*b"aace", "AAC"),
    (*b"aacp", "AAC"),
    (*b"alac", "ALAC"),
    (*b"flac", "FLAC"),
    (*b"opus", "Opus"),
];

/// The codecs that are not read in MP4, and mostly nowhere.
const UNREAD: [(Id, &str); 30] = [
    (*b"ac-3", "AC-3"),
    (*b"ac-4", "AC-4"),
    (*b"ADP4", "ADPCM of 3DO"),
    (*b"agsm", "GSM 6.10"),
    (*b"drms", "encrypted audio"),
    (*b"dtsc", "DTS"),
    (*b"dtsh", "DTS"),
    (*b"dvi4", "DVI ADPCM"),
    (*b"ec-3", "E-AC-3"),
    (*b"enca", "encrypted audio"),
    (*b"G722", "G.722 ADPCM"),
    (*b"G726", "G.726 ADPCM"),
    (*b"G728", "G.728"),
    (*b"GSM ", "GSM 6.10"),
    (*b"ilbc", "iLBC"),
    (*b"ima4", "IMA ADPCM"),
    (*b"MAC3", "MACE 3:1"),
    (*b"MAC6", "MACE 6:1"),
    (*b"mha1", "MPEG-H audio"),
    (*b"mhm1", "MPEG-H audio"),
    (*b"mlpa", "Dolby TrueHD"),
    (*b"Qclp", "QCELP"),
    (*b"QDM2", "QDesign Music 2"),
    (*b"QDMC", "QDesign Music"),
    (*b"samr", "AMR"),
    (*b"sawb", "AMR-WB"),
    (*b"sawp", "AMR-WB+"),
    (*b"SDX2", "SDX2 DPCM"),
    (*b"sevc", "EVRC"),
    (*b"sqcp", "QCELP"),
];

/// The name of a codec.
pub(super) fn four_letters(id: Id) -> String {
    let name = find(&READ, id).or_else(|| unread(id));
    name.map_or_else(|| format!("codec '{}'", id.escape_ascii()), str::to_owned)
}

/// The name of a codec that is not read in MP4, if it is known.
pub(super) fn unread(id: Id) -> Option<&'static str> {
    find(&UNREAD, id)
}

fn find(names: &[(Id, &'static str)], id: Id) -> Option<&'static str> {
    names.iter().find(|(other, _)| *other == id).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_codec_has_one_name() {
        let names: BTreeMap<_, _> = READ.into_iter().chain(UNREAD).collect();
        assert_eq!(names.len(), READ.len() + UNREAD.len());
        assert!(names.iter().all(|(id, name)| four_letters(*id) == *name));
    }
}
