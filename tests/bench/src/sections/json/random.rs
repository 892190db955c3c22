//! Reproducible pseudo-random numbers.

/// The generator splitmix64, which is good enough for data sets.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `low..high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low)
    }

    /// True once in `calls` calls, on average.
    pub(super) fn one_in(&mut self, calls: u64) -> bool {
        self.between(0, calls) == 0
    }

    /// A float in `0.0..1.0` with 53 random bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.between(0, choices.len() as u64) as usize]
    }

    /// A list with a length in `low..high`.
    pub(super) fn some<T>(
        &mut self,
        (low, high): (u64, u64),
        mut make: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        (0..self.between(low, high)).map(|_| make(self)).collect()
    }

    /// `None` once in `calls` calls, on average.
    pub(super) fn mostly<T>(&mut self, calls: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.one_in(calls)).then(|| make(self))
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_determines_the_numbers() {
        // From the reference implementation.
        let mut random = Random::new(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(0);
        assert!((0..1000).all(|_| (3..7).contains(&random.between(3, 7))));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random.unit())));
    }
}
