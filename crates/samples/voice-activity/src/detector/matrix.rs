//! Multiplies matrices with vectors.

/// The number of outputs that are computed at once, which the compiler keeps in vector registers.
const LANES: usize = 32;

/// A matrix of weights, in the order of its use.
pub(super) struct Matrix {
    inputs: usize,
    /// For each [`LANES`] outputs, their weights for one input after the other.
    weights: Vec<[f32; LANES]>,
}

impl Matrix {
    /// Creates a matrix from the weight of each pair of output and input.
    ///
    /// # Panics
    /// If the number of outputs is no multiple of [`LANES`].
    pub(super) fn new(outputs: usize, inputs: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        assert_eq!(outputs % LANES, 0, "outputs come in blocks of {LANES}");
        let rows =
            (0..outputs).step_by(LANES).flat_map(|first| (0..inputs).map(move |i| (first, i)));
        let weight = &weight;
        let weights =
            rows.map(|(first, input)| std::array::from_fn(|lane| weight(first + lane, input)));
        Self { inputs, weights: weights.collect() }
    }

    /// Adds the product with `input` to `output`.
    pub(super) fn add(&self, input: &[f32], output: &mut [f32]) {
        for (block, output) in
            self.weights.chunks_exact(self.inputs).zip(output.chunks_exact_mut(LANES))
        {
            let mut sums = [0.0; LANES];
            for (weights, value) in block.iter().zip(input) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight * value;
                }
            }
            for (output, sum) in output.iter_mut().zip(sums) {
                *output += sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_added() {
        let matrix = Matrix::new(64, 2, |output, input| (output * 10 + input) as f32);
        let mut output = vec![1.0; 64];
        matrix.add(&[2.0, 3.0], &mut output);
        for (n, value) in output.iter().enumerate() {
            assert_eq!(*value, 1.0 + 2.0 * (n * 10) as f32 + 3.0 * (n * 10 + 1) as f32);
        }
    }
}
