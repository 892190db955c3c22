//! Contenders take turns, so that noise of the machine affects all of them.

use std::time::{Duration, Instant};

use crate::figures::median;

/// The number of turns of each contender.
pub(super) const ROUNDS: usize = 45;
/// The minimal length of a turn.
pub(super) const TURN: Duration = Duration::from_millis(5);

/// Makes a number of calls.
pub(super) type Contender<'a> = Box<dyn FnMut(u32) + 'a>;

/// Nanoseconds per call, of each contender in each round.
pub(super) struct Turns<const N: usize>(pub(super) Vec<[f64; N]>);

/// The loop is inside, so that only a turn is a call by pointer.
pub(super) fn contender<'a>(mut call: impl FnMut() + 'a) -> Contender<'a> {
    Box::new(move |calls| (0..calls).for_each(|_| call()))
}

pub(super) fn take_turns<const N: usize>(mut contenders: [Contender<'_>; N]) -> Turns<N> {
    let calls = contenders.each_mut().map(calls_per_turn);
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut figures = [f64::NAN; N];
        for turn in 0..N {
            // Another contender begins each round, because the first one finds other caches.
            let at = (round + turn) % N;
            figures[at] =
                timed(&mut contenders[at], calls[at]).as_secs_f64() * 1e9 / f64::from(calls[at]);
        }
        rounds.push(figures);
    }
    Turns(rounds)
}

impl<const N: usize> Turns<N> {
    pub(super) fn median(&self, of: usize) -> f64 {
        median(&self.column(|round| round[of]))
    }

    pub(super) fn best(&self, of: usize) -> f64 {
        self.column(|round| round[of]).into_iter().fold(f64::INFINITY, f64::min)
    }

    /// The median of the rounds' ratios of one contender's time to another's.
    pub(super) fn ratio(&self, of: usize, to: usize) -> f64 {
        median(&self.column(|round| round[of] / round[to]))
    }

    fn column(&self, figure: impl Fn(&[f64; N]) -> f64) -> Vec<f64> {
        self.0.iter().map(figure).collect()
    }
}

/// The smallest power of two that fills a turn; finding it warms up the contender.
fn calls_per_turn(contender: &mut Contender<'_>) -> u32 {
    let mut calls = 1;
    while timed(contender, calls) < TURN {
        calls *= 2;
    }
    calls
}

fn timed(contender: &mut Contender<'_>, calls: u32) -> Duration {
    let started = Instant::now();
    contender(calls);
    started.elapsed()
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_of_the_rounds() {
        // The machine was ten times slower in the second round.
        let turns = Turns(vec![[2.0, 1.0], [40.0, 10.0], [3.0, 1.0]]);
        assert!((turns.ratio(0, 1) - 3.0).abs() < 1e-9);
        assert!((turns.median(0) - 3.0).abs() < 1e-9);
        assert!((turns.best(1) - 1.0).abs() < 1e-9);
    }
}
