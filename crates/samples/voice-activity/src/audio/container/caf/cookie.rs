//! The magic cookie: what a decoder must know.

/// The descriptors of MPEG-4 that lead to what an AAC decoder needs, and the fields in front of the next one.
const PATH: [(u8, usize); 2] = [(0x03, 3), (0x04, 13)];

/// The tag of the descriptor for the decoder.
const SPECIFIC: u8 = 0x05;

/// What a decoder of AAC needs of a cookie.
pub(super) fn for_aac(cookie: &[u8]) -> Option<&[u8]> {
    let mut inside = cookie;
    for (tag, fields) in PATH {
        inside = descriptor(inside, tag)?.get(fields..)?;
    }
    descriptor(inside, SPECIFIC)
}

/// The body of a descriptor.
fn descriptor(bytes: &[u8], expected: u8) -> Option<&[u8]> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length = length << 7 | usize::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (*tag == expected).then(|| &rest[..length.min(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_of_aac_is_in_nested_descriptors() {
        let decoder = [&[0x04, 17][..], &[0x40; 13], &[0x05, 2, 0x14, 0x08]].concat();
        let long = [0x03, 0x80, 0x80, 0x80, 22, 0, 0, 0];
        assert_eq!(for_aac(&[&long[..], &decoder].concat()), Some(&[0x14, 0x08][..]));
        assert_eq!(for_aac(&[&long[..], &decoder[..14]].concat()), None);
        assert_eq!(for_aac(&decoder), None);
        assert_eq!(for_aac(&[]), None);
    }
}
