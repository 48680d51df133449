#include "vad/silero.h"

#include <algorithm>
#include <cmath>

namespace electron_local {
namespace {

constexpr int kWindowSamples = kContextSamples + kHopSamples + kContextSamples;
static_assert(kWindowSamples == kStftSamples + (kStftFrames - 1) * kStftStride);

// Steps of time that go into each convolution, and out of the last one.
constexpr std::array<int, 5> kSteps = {4, 4, 2, 1, 1};
constexpr int kMaxPatch = kStftBins * kTaps * 4;
constexpr int kMaxActivations = 128 * 4;

PackedMatrix pack_convolution(const SileroWeights& weights, std::size_t i) {
  const auto& layer = weights.convolutions[i];
  return PackedMatrix(kConvolutions[i].n_out, kConvolutions[i].n_in * kTaps, layer.weight.data(),
                      layer.bias.data());
}

PackedMatrix pack_gates(const SileroWeights& weights) {
  std::vector<float> rows;
  rows.reserve(kGates * 2 * kHidden);
  for (int gate = 0; gate < kGates; ++gate) {
    const auto features = weights.input_weight.begin() + gate * kHidden;
    const auto hidden = weights.hidden_weight.begin() + gate * kHidden;
    rows.insert(rows.end(), features, features + kHidden);
    rows.insert(rows.end(), hidden, hidden + kHidden);
  }
  return PackedMatrix(kGates, 2 * kHidden, rows.data(), weights.gate_bias.data());
}

// Lays the inputs under the three taps out as columns: patches[(channel, tap)][step], zero beyond both ends.
// activation(channel, step) is called for steps in [0, n_steps_in).
template <typename Activation>
void gather_patches(const ConvolutionShape& shape, int n_steps_in, int n_steps_out, float* patches,
                    Activation activation) {
  for (int channel = 0; channel < shape.n_in; ++channel) {
    for (int tap = 0; tap < kTaps; ++tap) {
      for (int step = 0; step < n_steps_out; ++step) {
        const int source = step * shape.stride + tap - 1;
        *patches++ = source < 0 || source >= n_steps_in ? 0.0f : activation(channel, source);
      }
    }
  }
}

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

}  // namespace

Silero::Silero(const std::string& weights_path) : Silero(load_silero_weights(weights_path)) {}

Silero::Silero(const SileroWeights& weights)
    : convolutions_{pack_convolution(weights, 0), pack_convolution(weights, 1), pack_convolution(weights, 2),
                    pack_convolution(weights, 3)},
      gates_(pack_gates(weights)),
      output_bias_(weights.output_bias) {
  std::copy(weights.output_weight.begin(), weights.output_weight.end(), output_weight_.begin());
  const float zeros[kWindowSamples] = {};
  encode(zeros, silent_features_.data());
}

float Silero::advance(SileroState& state, const float* hop) const {
  float samples[kWindowSamples];
  std::copy(state.context.begin(), state.context.end(), samples);
  std::copy(hop, hop + kHopSamples, samples + kContextSamples);
  const int n_real = kContextSamples + kHopSamples;
  for (int i = 0; i < kContextSamples; ++i) samples[n_real + i] = samples[n_real - 2 - i];
  std::copy(hop + kHopSamples - kContextSamples, hop + kHopSamples, state.context.begin());
  const bool is_silent = std::all_of(samples, samples + n_real, [](float x) { return x == 0.0f; });
  if (is_silent) return decode(state, silent_features_.data());
  float features[kHidden];
  encode(samples, features);
  return decode(state, features);
}

void Silero::encode(const float* samples, float* features) const {
  float magnitudes[kStftBins * kStftFrames];
  float patches[kMaxPatch];
  float activations[kMaxActivations];  // [step][channel]
  spectrum_.magnitudes(samples, magnitudes);
  gather_patches(kConvolutions[0], kSteps[0], kSteps[1], patches,
                 [&](int channel, int step) { return magnitudes[channel * kStftFrames + step]; });
  convolutions_[0].multiply(patches, kSteps[1], activations);
  for (std::size_t i = 1; i < convolutions_.size(); ++i) {
    const int n_channels = kConvolutions[i].n_in;
    gather_patches(kConvolutions[i], kSteps[i], kSteps[i + 1], patches, [&](int channel, int step) {
      return std::max(activations[step * n_channels + channel], 0.0f);
    });
    convolutions_[i].multiply(patches, kSteps[i + 1], activations);
  }
  for (int i = 0; i < kHidden; ++i) features[i] = std::max(activations[i], 0.0f);
}

float Silero::decode(SileroState& state, const float* features) const {
  float inputs[2 * kHidden];
  float gates[kGates];
  std::copy(features, features + kHidden, inputs);
  std::copy(state.hidden.begin(), state.hidden.end(), inputs + kHidden);
  gates_.multiply(inputs, 1, gates);
  float sum = output_bias_;
  for (int i = 0; i < kHidden; ++i) {
    const float input = sigmoid(gates[i]);
    const float forget = sigmoid(gates[kHidden + i]);
    const float candidate = std::tanh(gates[2 * kHidden + i]);
    const float output = sigmoid(gates[3 * kHidden + i]);
    state.cell[i] = forget * state.cell[i] + input * candidate;
    state.hidden[i] = output * std::tanh(state.cell[i]);
    sum += output_weight_[i] * std::max(state.hidden[i], 0.0f);
  }
  return sigmoid(sum);
}

}  // namespace electron_local
