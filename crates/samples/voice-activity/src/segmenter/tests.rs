//! Each case is a drawing with one character per frame of 32 ms: `#` is speech (0.9), `o` is less certain
//! (0.7), `+` a score that only continues speech (0.5), `.` silence (0.1).

use super::*;

/// Times in frames of 32 ms, so that the drawings are exact.
fn settings(min_speech: u32, min_silence: u32, pad: u32) -> Settings {
    let milliseconds = |frames| frames * 32;
    Settings {
        threshold: 0.6,
        min_speech: milliseconds(min_speech),
        min_silence: milliseconds(min_silence),
        pad: milliseconds(pad),
        max_speech: None,
        delay: 0,
    }
}

fn score(drawn: char) -> f64 {
    match drawn {
        '#' => 0.9,
        'o' => 0.7,
        '+' => 0.5,
        _ => 0.1,
    }
}

/// The spans of a drawing: the frame after which each was final, its start and its end.
fn spans(settings: Settings, drawing: &str) -> Vec<(usize, u64, u64)> {
    let mut segmenter = Segmenter::new(settings);
    let frame = FRAME as u64;
    let mut spans = Vec::new();
    for (n, drawn) in drawing.chars().enumerate() {
        let span = segmenter.push(score(drawn));
        spans.extend(span.map(|span| (n, span.start / frame, span.end / frame)));
    }
    let last = segmenter.finish();
    spans.extend(last.map(|span| (drawing.len(), span.start / frame, span.end / frame)));
    spans
}

#[track_caller]
fn check(settings: Settings, drawing: &str, expected: &[(usize, u64, u64)]) {
    assert_eq!(spans(settings, drawing), expected, "{drawing}");
}

#[test]
fn silence_has_no_spans() {
    check(settings(2, 3, 1), "", &[]);
    check(settings(2, 3, 1), "..........", &[]);
    check(settings(0, 0, 0), "..........", &[]);
}

#[test]
fn speech_starts_at_the_upper_level_and_continues_above_the_lower() {
    check(settings(1, 2, 0), "..++##++++....", &[(11, 4, 10)]);
    check(settings(1, 2, 0), "..++++++......", &[]);
}

#[test]
fn too_little_speech_is_dropped() {
    check(settings(3, 2, 0), "..##....###...", &[(12, 8, 11)]);
}

#[test]
fn pauses_do_not_count_as_speech() {
    check(settings(3, 3, 0), "#..#......", &[]);
    check(settings(3, 3, 0), "#..#..#.....", &[(9, 0, 7)]);
}

#[test]
fn a_short_pause_does_not_end_a_span() {
    check(settings(2, 3, 0), ".###..###....", &[(11, 1, 9)]);
    check(settings(2, 3, 0), ".###...###....", &[(6, 1, 4), (12, 7, 10)]);
}

#[test]
fn padding_stays_in_the_recording() {
    check(settings(2, 3, 4), ".###.", &[(5, 0, 5)]);
    check(settings(2, 3, 4), "###", &[(3, 0, 3)]);
}

#[test]
fn padding_takes_what_it_needs_of_a_long_pause() {
    check(settings(2, 3, 1), "...###....###...", &[(8, 2, 7), (15, 9, 14)]);
}

#[test]
fn padding_meets_in_the_middle_of_a_short_pause() {
    check(settings(2, 3, 5), "######....######", &[(11, 0, 8), (16, 8, 16)]);
}

#[test]
fn a_span_begins_earlier_by_the_delay_as_far_as_there_is_room() {
    let delayed = |settings| Settings { delay: 2 * 32, ..settings };
    check(delayed(settings(2, 3, 0)), "...###....", &[(8, 1, 6)]);
    check(delayed(settings(2, 3, 1)), ".###......", &[(6, 0, 5)]);
    check(delayed(settings(2, 2, 1)), "###...###..", &[(4, 0, 4), (10, 4, 10)]);
    check(delayed(limited(6, 9, 0)), "..########", &[(6, 0, 6), (10, 6, 10)]);
}

#[test]
fn dropped_speech_does_not_cut_the_previous_padding() {
    check(settings(3, 2, 3), "####...#.......", &[(9, 0, 7)]);
}

#[test]
fn a_span_is_final_when_the_next_cannot_reach_it() {
    // The padding of both would need six frames: the sixth after the speech decides.
    check(settings(2, 2, 3), "####..........", &[(9, 0, 7)]);
}

/// Settings with a maximum length in frames.
fn limited(max_speech: u32, min_silence: u32, pad: u32) -> Settings {
    Settings { max_speech: Some(max_speech * 32), ..settings(2, min_silence, pad) }
}

#[test]
fn a_long_span_is_split_at_its_longest_pause() {
    check(limited(12, 9, 0), "###....###.....###...###", &[(15, 0, 10), (24, 15, 24)]);
    check(limited(12, 9, 1), "####....###.....###...##", &[(10, 0, 5), (18, 7, 12), (24, 15, 24)]);
}

#[test]
fn a_pause_is_used_once() {
    let expected = [(12, 0, 7), (24, 12, 24), (26, 24, 26)];
    check(limited(12, 9, 0), "#....##.....##############", &expected);
    let expected = [(8, 0, 1), (14, 6, 9), (17, 13, 17)];
    check(limited(8, 9, 0), "#.....###....####", &expected);
}

#[test]
fn a_span_that_waits_comes_before_one_that_is_split() {
    let settings = Settings { min_speech: 32, ..limited(20, 3, 4) };
    check(settings, "####...oooooooooooo####....", &[(19, 0, 8), (27, 15, 27)]);
}

#[test]
fn speech_without_a_certain_frame_is_dropped() {
    check(settings(2, 3, 0), "..oooo.....", &[]);
    check(settings(2, 3, 0), "..oo#o.....", &[(8, 2, 6)]);
}

#[test]
fn a_long_span_without_a_pause_is_split_at_the_maximum() {
    check(limited(4, 9, 0), "##########", &[(4, 0, 4), (8, 4, 8), (10, 8, 10)]);
    // Pauses below 98 ms are as good as none.
    check(limited(4, 9, 0), "#..#######", &[(4, 0, 4), (8, 4, 8), (10, 8, 10)]);
    check(limited(6, 9, 1), "##########", &[(4, 0, 4), (8, 4, 8), (10, 8, 10)]);
}

#[test]
fn the_rest_of_a_split_span_is_kept_however_short_it_is() {
    check(limited(4, 3, 0), "#####......", &[(4, 0, 4), (7, 4, 5)]);
    check(limited(4, 9, 0), "#...#...#......", &[]);
}

#[test]
fn confidence_of_parts_is_their_own() {
    let mut segmenter = Segmenter::new(limited(8, 9, 0));
    let parts: Vec<Span> =
        "###....#++##".chars().filter_map(|drawn| segmenter.push(score(drawn))).collect();
    assert_eq!(parts.len(), 1);
    assert!((parts[0].confidence - 0.9).abs() < 1e-9, "{parts:?}");
    let rest = segmenter.finish().unwrap();
    assert!((rest.confidence - (2.0 * 0.5 + 3.0 * 0.9) / 5.0).abs() < 1e-9, "{rest:?}");
}

#[test]
fn confidence_is_the_mean_score_of_speech() {
    let mut segmenter = Segmenter::new(settings(1, 5, 0));
    for drawn in "#+..#+".chars() {
        assert_eq!(segmenter.push(score(drawn)), None);
    }
    let span = segmenter.finish().unwrap();
    assert!((span.confidence - 0.7).abs() < 1e-9, "{span:?}");
}

#[test]
fn spans_never_overlap_and_stay_within_the_recording() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 33
    };
    for _ in 0..20_000 {
        let mut settings = settings(random() as u32 % 5, random() as u32 % 6, random() as u32 % 9);
        settings.delay = 32 * (random() as u32 % 3);
        let limit = 32 * (2 * 8 + 2 + 1 + random() as u32 % 20);
        settings.max_speech = Some(limit).filter(|_| random() % 2 == 0);
        let length = random() as usize % 90;
        let mut drawn = '.';
        let drawing: String = (0..length)
            .map(|_| {
                // A score lasts for three frames or so.
                if random() % 3 == 0 {
                    drawn = ['#', '#', 'o', '+', '.', '.'][random() as usize % 6];
                }
                drawn
            })
            .collect();
        let mut before = 0;
        for (_, start, end) in spans(settings, &drawing) {
            assert!(before <= start && start < end, "{settings:?} {drawing}");
            let milliseconds = (end - start) * 32;
            assert!(
                settings.max_speech.is_none_or(|max| milliseconds <= u64::from(max)),
                "{settings:?} {drawing}"
            );
            assert!(end <= length as u64, "{settings:?} {drawing}");
            before = end;
        }
    }
}
