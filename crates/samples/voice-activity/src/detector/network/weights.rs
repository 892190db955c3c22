//! The weights of the network.

use std::sync::LazyLock;

use safetensors::SafeTensors;

use super::super::matrix::Matrix;

/// `silero_vad/data/silero_vad_16k.safetensors` of the Python package `silero-vad` 6.2.3.
static FILE: &[u8] = include_bytes!("../../../silero/silero_vad_16k.safetensors");

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    let file = Tensors(SafeTensors::deserialize(FILE).expect("the file is one of safetensors"));
    Weights {
        convolutions: [
            file.convolution("conv1", 1),
            file.convolution("conv2", 2),
            file.convolution("conv3", 2),
            file.convolution("conv4", 1),
        ],
        lstm: file.lstm(),
        output: file.values("final_conv.weight"),
        output_bias: file.values("final_conv.bias")[0],
    }
});

/// The weights of all layers.
pub(super) struct Weights {
    pub(super) convolutions: [Convolution; 4],
    pub(super) lstm: Lstm,
    pub(super) output: Vec<f32>,
    pub(super) output_bias: f32,
}

/// A convolution over three positions.
pub(super) struct Convolution {
    /// The weights of the position before, the position itself and the position after.
    pub(super) taps: [Matrix; 3],
    pub(super) bias: Vec<f32>,
    pub(super) inputs: usize,
    pub(super) stride: usize,
}

/// A cell of long short-term memory.
pub(super) struct Lstm {
    /// From the features and the hidden state to the gates: input, forget, cell and output.
    pub(super) matrix: Matrix,
    pub(super) bias: Vec<f32>,
}

impl Weights {
    /// The weights, which all recordings share.
    pub(super) fn get() -> &'static Self {
        &WEIGHTS
    }
}

/// The tensors of the file.
struct Tensors(SafeTensors<'static>);

impl Tensors {
    fn values(&self, name: &str) -> Vec<f32> {
        let tensor = self.0.tensor(name).expect("the file has all tensors of the network");
        let (values, _) = tensor.data().as_chunks();
        values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    fn convolution(&self, name: &str, stride: usize) -> Convolution {
        let values = self.values(&format!("{name}.weight"));
        let bias = self.values(&format!("{name}.bias"));
        let outputs = bias.len();
        let inputs = values.len() / outputs / 3;
        let tap = |tap| {
            Matrix::new(outputs, inputs, |output, input| {
                values[(output * inputs + input) * 3 + tap]
            })
        };
        Convolution { taps: [tap(0), tap(1), tap(2)], bias, inputs, stride }
    }

    fn lstm(&self) -> Lstm {
        let [features, hidden, bias, other] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
            .map(|name| self.values(&format!("lstm_cell.{name}")));
        let outputs = bias.len();
        let inputs = features.len() / outputs;
        let matrix = Matrix::new(outputs, 2 * inputs, |output, input| {
            let values = if input < inputs { &features } else { &hidden };
            values[output * inputs + input % inputs]
        });
        let bias = bias.iter().zip(other).map(|(bias, other)| bias + other).collect();
        Lstm { matrix, bias }
    }
}
