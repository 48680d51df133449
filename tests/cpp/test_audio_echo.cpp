// The transform, the guard and the level control without Python.
#include <cmath>
#include <cstdint>
#include <vector>

#include "audio/echo_guard.h"
#include "audio/echo_likeness.h"
#include "audio/level_control.h"
#include "audio/real_fft.h"
#include "base/error.h"
#include "check.h"

using namespace electron_local;
using electron_local_test::n_failures;

namespace {

std::vector<float> noise(std::size_t n_samples, std::uint32_t state) {
  std::vector<float> samples(n_samples);
  for (float& sample : samples) {
    state = state * 1664525u + 1013904223u;
    sample = static_cast<float>(static_cast<std::int32_t>(state)) / 8589934592.0f;
  }
  return samples;
}

// Against the sum that defines it, and back.
void check_transform(std::size_t size) {
  RealFft fft(size);
  const std::vector<float> samples = noise(size, 1);
  Bins bins(fft.n_bins());
  fft.forward(samples.data(), bins);
  for (std::size_t k = 0; k < bins.n_bins(); ++k) {
    double re = 0, im = 0;
    for (std::size_t n = 0; n < size; ++n) {
      const double angle =
          2 * std::acos(-1.0) * static_cast<double>(k * n % size) / static_cast<double>(size);
      re += samples[n] * std::cos(angle);
      im -= samples[n] * std::sin(angle);
    }
    CHECK(std::abs(re - bins.re[k]) < 1e-4 && std::abs(im - bins.im[k]) < 1e-4);
  }
  std::vector<float> back(size);
  fft.inverse(bins, back.data());
  for (std::size_t n = 0; n < size; ++n) CHECK(std::abs(back[n] - samples[n]) < 1e-6f);
}

void check_guard() {
  const std::vector<float> played = noise(64000, 2);
  std::vector<float> heard(played.size()), output(played.size());
  for (std::size_t i = 700; i < heard.size(); ++i) heard[i] = 0.5f * played[i - 700];
  EchoGuard guard;
  guard.process(heard.data(), played.data(), heard.size(), output.data());
  CHECK(guard.is_converged());
  CHECK(guard.echo_reduction_db() > 20.0f);
  CHECK(guard.echo_delay_samples() <= 700);
}

// The residual at an angle to the echo that differs by `spread` times a full turn between bins.
bool is_taken_for_echo(float amplitude, float angle, float spread) {
  EchoLikeness likeness(kEchoBins);
  const float turn = 2.0f * std::acos(-1.0f);
  const std::vector<float> phases = noise(8 * kEchoBins, 3);
  for (std::size_t block = 0; block < 8; ++block) {
    Bins residual(kEchoBins), echo(kEchoBins);
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      const float drawn = 4.0f * phases[block * kEchoBins + k];  // in [-1, 1]
      const float at = turn * static_cast<float>(block * k % 7) / 7.0f, away = angle + spread * turn * drawn;
      echo.re[k] = std::cos(at);
      echo.im[k] = std::sin(at);
      residual.re[k] = amplitude * std::cos(at + away);
      residual.im[k] = amplitude * std::sin(at + away);
    }
    likeness.update(residual, echo);
    if (likeness.is_echo()) return true;
  }
  return false;
}

void check_likeness() {
  const float opposed = std::acos(-1.0f);
  CHECK(is_taken_for_echo(1.0f, opposed, 0.15f));
  CHECK(!is_taken_for_echo(0.3f, opposed, 0.15f));  // as weak as what clipping adds
  CHECK(!is_taken_for_echo(1.0f, 0.0f, 0.5f));      // a talker has any phase
}

}  // namespace

int main() {
  for (const std::size_t size : {8, 16, 512}) check_transform(size);
  CHECK_THROWS(RealFft(4), InvalidArgument);
  CHECK_THROWS(RealFft(96), InvalidArgument);
  check_guard();
  check_likeness();
  CHECK_THROWS(LevelControl({16000, 3.0f}), InvalidArgument);
  return n_failures;
}
