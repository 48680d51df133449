#include "vad/silero_weights.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "vad/weights_file.h"

namespace electron_local {
namespace {

constexpr std::array<std::int32_t, 3> kVersion = {6, 2, 0};
constexpr double kPi = 3.14159265358979323846;
constexpr double kBasisTolerance = 5e-4;  // float16 near 1 is off by at most 2.5e-4

// window, context, number of layers, (in, out, taps) a layer, LSTM input and width, output's input and width.
const std::vector<std::int32_t>& expected_parameters() {
  static const auto& parameters = *new std::vector<std::int32_t>([] {  // outlives every thread at exit
    std::vector<std::int32_t> numbers = {kHopSamples, kContextSamples,
                                         static_cast<std::int32_t>(kConvolutions.size())};
    for (const ConvolutionShape& shape : kConvolutions) {
      numbers.insert(numbers.end(), {shape.n_in, shape.n_out, kTaps});
    }
    numbers.insert(numbers.end(), {kHidden, kHidden, kHidden, 1});
    return numbers;
  }());
  return parameters;
}

template <typename Numbers>
std::string joined(const Numbers& numbers) {
  std::string text;
  for (const auto number : numbers) text += (text.empty() ? "" : " ") + std::to_string(number);
  return "(" + text + ")";
}

[[noreturn]] void fail(const WeightsFile& file, const std::string& what) {
  throw ModelLoadError("cannot load the VAD weights '" + file.path + "': " + what);
}

void check_header(const WeightsFile& file) {
  if (file.type != "silero-16k") fail(file, "its type is '" + printable(file.type) + "', not 'silero-16k'");
  if (file.version != kVersion)
    fail(file, "its version is " + joined(file.version) + ", not " + joined(kVersion));
  if (file.parameters != expected_parameters()) {
    fail(file, "its network is " + joined(file.parameters) + ", not " + joined(expected_parameters()));
  }
}

std::vector<float> take(WeightsFile& file, const std::string& name, const std::vector<std::size_t>& shape) {
  const auto found = file.tensors.find("_model." + name);
  if (found == file.tensors.end()) fail(file, "tensor '_model." + name + "' is missing");
  if (found->second.shape != shape) {
    fail(file,
         "tensor '" + found->first + "' has shape " + joined(found->second.shape) + ", not " + joined(shape));
  }
  return std::move(found->second.values);
}

// Rows 0..128 are the cosines, rows 129..257 the negative sines, under a periodic Hann window.
void check_basis(const WeightsFile& file, const std::vector<float>& basis) {
  for (int row = 0; row < 2 * kStftBins; ++row) {
    for (int n = 0; n < kStftSamples; ++n) {
      const double turn = 2.0 * kPi / kStftSamples;
      const double window = 0.5 - 0.5 * std::cos(turn * n);
      const double wave =
          row < kStftBins ? std::cos(turn * row * n) : -std::sin(turn * (row - kStftBins) * n);
      const double value = basis[static_cast<std::size_t>(row * kStftSamples + n)];
      if (std::abs(value - window * wave) > kBasisTolerance) {
        fail(file, "its STFT basis at row " + std::to_string(row) + ", sample " + std::to_string(n) + " is " +
                       std::to_string(value) + ", not " + std::to_string(window * wave));
      }
    }
  }
}

}  // namespace

SileroWeights load_silero_weights(const std::string& path) {
  constexpr std::size_t kFixedNumbers = 7;
  constexpr std::size_t kLayersIndex = 2;
  WeightsFile file = read_weights_file(path, kFixedNumbers, kLayersIndex);
  check_header(file);
  SileroWeights weights;
  for (std::size_t i = 0; i < kConvolutions.size(); ++i) {
    const auto n_in = static_cast<std::size_t>(kConvolutions[i].n_in);
    const auto n_out = static_cast<std::size_t>(kConvolutions[i].n_out);
    const std::string layer = "encoder." + std::to_string(i) + ".reparam_conv.";
    weights.convolutions[i].weight = take(file, layer + "weight", {n_out, n_in, kTaps});
    weights.convolutions[i].bias = take(file, layer + "bias", {n_out});
  }
  weights.input_weight = take(file, "decoder.rnn.weight_ih", {kGates, kHidden});
  weights.hidden_weight = take(file, "decoder.rnn.weight_hh", {kGates, kHidden});
  weights.gate_bias = take(file, "decoder.rnn.bias_ih", {kGates});
  const std::vector<float> hidden_bias = take(file, "decoder.rnn.bias_hh", {kGates});
  for (std::size_t i = 0; i < hidden_bias.size(); ++i) weights.gate_bias[i] += hidden_bias[i];
  weights.output_weight = take(file, "decoder.decoder.2.weight", {kHidden});
  weights.output_bias = take(file, "decoder.decoder.2.bias", {})[0];
  check_basis(file, take(file, "stft.forward_basis_buffer", {2 * kStftBins, 1, kStftSamples}));
  return weights;
}

}  // namespace electron_local
