// The weights of Silero VAD v6.2 for 16 kHz, checked against the one shape that the forward pass knows.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace electron_local {

// Shape of the network (silero_vad.onnx, 16 kHz branch).
inline constexpr int kHopSamples = 512;     // new samples a probability
inline constexpr int kContextSamples = 64;  // samples kept from the hop before
inline constexpr int kStftSamples = 256;    // one frame, Hann window
inline constexpr int kStftStride = 128;
inline constexpr int kStftFrames = 4;  // frames a hop
inline constexpr int kStftBins = kStftSamples / 2 + 1;
inline constexpr int kHidden = 128;         // width of the LSTM
inline constexpr int kGates = 4 * kHidden;  // input, forget, cell, output

struct ConvolutionShape {
  int n_in;
  int n_out;
  int stride;
};
inline constexpr int kTaps = 3;
inline constexpr std::array<ConvolutionShape, 4> kConvolutions = {
    {{kStftBins, 128, 1}, {128, 64, 2}, {64, 64, 2}, {64, kHidden, 1}}};

struct SileroWeights {
  struct Convolution {
    std::vector<float> weight;  // [n_out][n_in][kTaps]
    std::vector<float> bias;    // [n_out]
  };
  std::array<Convolution, 4> convolutions;
  std::vector<float> input_weight;   // [kGates][kHidden]
  std::vector<float> hidden_weight;  // [kGates][kHidden]
  std::vector<float> gate_bias;      // [kGates], the sum of both biases
  std::vector<float> output_weight;  // [kHidden]
  float output_bias = 0.0f;
};

// Reads `ggml-silero-v6.2.0.bin`. The file's float16 STFT basis is compared with the Hann-windowed Fourier
// basis and then left aside: the exact basis is closer to the official float32 graph. Throws ModelLoadError
// naming the file, what differs and what was expected.
SileroWeights load_silero_weights(const std::string& path);

}  // namespace electron_local
