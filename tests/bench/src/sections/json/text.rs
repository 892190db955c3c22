//! Words and sentences.

use super::random::Random;

const WORDS: [&str; 40] = [
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "is",
    "you",
    "that",
    "it",
    "he",
    "was",
    "for",
    "on",
    "are",
    "as",
    "with",
    "his",
    "they",
    "at",
    "recording",
    "transcript",
    "speech",
    "segment",
    "language",
    "whisper",
    "model",
    "queue",
    "worker",
    "deadline",
    "account",
    "cancel",
    "progress",
    "between",
    "something",
    "international",
    "understanding",
    "early",
    "morning",
    "tomorrow",
];
/// The ranges of hiragana, katakana and common kanji, without their ends.
const JAPANESE: [(u32, u32); 4] =
    [(0x3041, 0x3094), (0x3041, 0x3094), (0x30A1, 0x30F7), (0x4E00, 0x6000)];
const EMOJI: [char; 5] = ['😀', '🎉', '🚀', '💦', '🇯'];
/// The characters that JSON escapes, and DEL, which Python escapes too.
const ESCAPED: [char; 13] =
    ['"', '"', '"', '\\', '\\', '\n', '\n', '\t', '\r', '\u{1}', '\u{8}', '\u{1f}', '\u{7f}'];

pub(super) fn word(random: &mut Random) -> String {
    random.pick(&WORDS).to_owned()
}

/// A number of ASCII words with a full stop.
pub(super) fn sentence(random: &mut Random, words: u64) -> String {
    let words: Vec<&str> = (0..words).map(|_| random.pick(&WORDS)).collect();
    words.join(" ") + "."
}

/// A word, or one time in three a sentence.
pub(super) fn ascii(random: &mut Random) -> String {
    let words = if random.one_in(3) { random.between(3, 40) } else { 1 };
    if words == 1 { word(random) } else { sentence(random, words) }
}

/// Like [`ascii`], with one character in 20 to escape.
pub(super) fn with_escapes(random: &mut Random) -> String {
    let plain = ascii(random);
    plain
        .chars()
        .map(|plain| if random.one_in(20) { random.pick(&ESCAPED) } else { plain })
        .collect()
}

/// A number of characters, each with three bytes.
pub(super) fn japanese(random: &mut Random, characters: u64) -> String {
    let one = |random: &mut Random| {
        if random.one_in(15) {
            return random.pick(&['、', '。', '「', '」']);
        }
        let (first, end) = random.pick(&JAPANESE);
        char::from_u32(random.between(first.into(), end.into()) as u32).unwrap_or('あ')
    };
    (0..characters).map(|_| one(random)).collect()
}

/// A message in one or both scripts, sometimes with line breaks, quotes and emoji.
pub(super) fn post(random: &mut Random) -> String {
    let part = |random: &mut Random| match random.between(0, 8) {
        0 => format!("@{} ", name(random)),
        1 => "\n".to_owned(),
        2 => random.pick(&EMOJI).to_string(),
        3 => format!("\"{}\" ", word(random)),
        4 => sentence(random, 8),
        _ => {
            let characters = random.between(10, 50);
            japanese(random, characters)
        }
    };
    random.some((1, 5), part).concat()
}

/// The name of an account.
pub(super) fn name(random: &mut Random) -> String {
    format!("{}_{}", word(random), random.between(1, 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_in_20_is_escaped() {
        let mut random = Random::new(7);
        let text: String = (0..2000).map(|_| with_escapes(&mut random)).collect();
        let escaped = text.chars().filter(|character| ESCAPED.contains(character)).count();
        let one_in = text.chars().count() as f64 / escaped as f64;
        assert!((18.0..22.0).contains(&one_in), "one in {one_in}");
    }

    #[test]
    fn japanese_characters_take_three_bytes() {
        assert_eq!(japanese(&mut Random::new(7), 500).len(), 1500);
    }
}
