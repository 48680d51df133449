// The parts of the network against plain sums in double precision.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "vad/packed_matrix.h"
#include "vad/spectrum.h"
#include "vad/weights_file.h"

namespace electron_local {
namespace {

std::vector<float> random_values(std::size_t n, unsigned seed) {
  std::mt19937 source(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> values(n);
  for (float& value : values) value = uniform(source);
  return values;
}

void test_product(int n_out, int n_in, int n_vectors) {
  const auto weight = random_values(static_cast<std::size_t>(n_out) * n_in, 1);
  const auto bias = random_values(static_cast<std::size_t>(n_out), 2);
  const auto in = random_values(static_cast<std::size_t>(n_in) * n_vectors, 3);
  std::vector<float> out(static_cast<std::size_t>(n_out) * n_vectors);
  PackedMatrix(n_out, n_in, weight.data(), bias.data()).multiply(in.data(), n_vectors, out.data());
  double largest = 0.0;
  for (int t = 0; t < n_vectors; ++t) {
    for (int row = 0; row < n_out; ++row) {
      double sum = bias[row];
      for (int j = 0; j < n_in; ++j) sum += double(weight[row * n_in + j]) * in[j * n_vectors + t];
      largest = std::max(largest, std::abs(sum - out[t * n_out + row]));
    }
  }
  CHECK(largest < 1e-4);
}

void test_spectrum() {
  const auto samples = random_values(kStftSamples + (kStftFrames - 1) * kStftStride, 4);
  std::vector<float> magnitudes(kStftBins * kStftFrames);
  Spectrum().magnitudes(samples.data(), magnitudes.data());
  const double turn = 2.0 * std::acos(-1.0) / kStftSamples;
  double largest = 0.0;
  for (int frame = 0; frame < kStftFrames; ++frame) {
    for (int bin = 0; bin < kStftBins; ++bin) {
      double re = 0.0, im = 0.0;
      for (int n = 0; n < kStftSamples; ++n) {
        const double x = samples[frame * kStftStride + n] * (0.5 - 0.5 * std::cos(turn * n));
        re += x * std::cos(turn * bin * n);
        im -= x * std::sin(turn * bin * n);
      }
      largest = std::max(largest, std::abs(std::hypot(re, im) - magnitudes[bin * kStftFrames + frame]));
    }
  }
  CHECK(largest < 2e-5);
}

void test_half() {
  CHECK_EQUAL(half_to_float(0x0000), 0.0f);
  CHECK_EQUAL(half_to_float(0x3c00), 1.0f);
  CHECK_EQUAL(half_to_float(0xc000), -2.0f);
  CHECK_EQUAL(half_to_float(0x7bff), 65504.0f);
  CHECK_EQUAL(half_to_float(0x0001), std::ldexp(1.0f, -24));
  CHECK_EQUAL(half_to_float(0x3555), 0.333251953125f);
  CHECK(std::isinf(half_to_float(0x7c00)));
  CHECK(std::isnan(half_to_float(0x7e00)));
}

}  // namespace
}  // namespace electron_local

int main() {
  using namespace electron_local;
  for (const int n_vectors : {1, 2, 4}) {
    test_product(64, 1, n_vectors);
    test_product(128, 387, n_vectors);
    test_product(512, 256, n_vectors);
  }
  const float zero[65] = {};
  CHECK_THROWS(PackedMatrix(65, 1, zero, zero), InvalidArgument);
  test_spectrum();
  test_half();
  return electron_local_test::n_failures;
}
