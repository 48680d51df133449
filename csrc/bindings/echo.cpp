// The echo guard and the level control. Samples are float32 arrays with one dimension, finite, within full
// scale and some headroom; a call that raises has taken nothing.
#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <string>

#include "audio/echo_guard.h"
#include "audio/level_control.h"
#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/released_gil.h"

namespace py = pybind11;

namespace electron_local {
namespace {

constexpr float kMaxAmplitude = 8.0f;

Array<float> as_samples(const py::handle& value, const char* name) {
  if (!is_array_of<float>(value)) {
    throw InvalidArgument(std::string(name) + " must be an array of float32, got " + describe(value));
  }
  Array<float> samples = contiguous<float>(value);
  if (samples.ndim() != 1) {
    throw InvalidArgument(std::string(name) + " must have 1 dimension, got " +
                          std::to_string(samples.ndim()));
  }
  const float* begin = samples.data();
  const float* end = begin + samples.size();
  const float* bad = std::find_if(begin, end, [](float x) { return !(std::abs(x) <= kMaxAmplitude); });
  if (bad != end) {
    throw InvalidArgument(std::string(name) + " must be finite and within +-8, got " + std::to_string(*bad) +
                          " at index " + std::to_string(bad - begin));
  }
  return samples;
}

// Calls are serialised.
class GuardStream {
 public:
  py::array_t<float> process(const py::object& microphone, const py::object& played) {
    const Array<float> heard = as_samples(microphone, "microphone"), sent = as_samples(played, "played");
    if (heard.size() != sent.size()) {
      throw InvalidArgument("microphone and played must be as long as each other, got " +
                            std::to_string(heard.size()) + " and " + std::to_string(sent.size()));
    }
    const Py_ssize_t shape[1] = {heard.size()};
    py::array_t<float> output = new_array<float>(1, shape);
    const float *from = heard.data(), *reference = sent.data();
    float* target = output.mutable_data();
    {
      const ReleasedGil release;
      const std::lock_guard<std::mutex> lock(mutex_);
      guard_.process(from, reference, static_cast<std::size_t>(shape[0]), target);
    }
    return output;
  }

  void reset() {
    const std::lock_guard<std::mutex> lock(mutex_);
    guard_.reset();
  }

  bool converged() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return guard_.is_converged();
  }

  float echo_reduction_db() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return guard_.echo_reduction_db();
  }

  std::size_t echo_delay() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return guard_.echo_delay_samples();
  }

 private:
  std::mutex mutex_;
  EchoGuard guard_;
};

class LevelStream {
 public:
  explicit LevelStream(const LevelOptions& options) : control_(options) {}

  py::array_t<float> process(const py::object& samples) {
    const Array<float> input = as_samples(samples, "samples");
    const Py_ssize_t shape[1] = {input.size()};
    py::array_t<float> output = new_array<float>(1, shape);
    const std::lock_guard<std::mutex> lock(mutex_);
    control_.process(input.data(), static_cast<std::size_t>(shape[0]), output.mutable_data());
    return output;
  }

  void reset() {
    const std::lock_guard<std::mutex> lock(mutex_);
    control_.reset();
  }

  float gain_db() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return control_.gain_db();
  }

 private:
  std::mutex mutex_;
  LevelControl control_;
};

}  // namespace

void register_echo(py::module_& m) {
  py::class_<GuardStream>(m, "EchoGuard")
      .def(py::init<>())
      .def("process", &GuardStream::process, py::arg("microphone"), py::arg("played"))
      .def("reset", &GuardStream::reset)
      .def_property_readonly("converged", &GuardStream::converged)
      .def_property_readonly("echo_reduction_db", &GuardStream::echo_reduction_db)
      .def_property_readonly("echo_delay", &GuardStream::echo_delay)
      .def_property_readonly_static("delay", [](const py::object&) { return EchoGuard::kDelay; });
  py::class_<LevelStream>(m, "LevelControl")
      .def(py::init([](int sample_rate, float target_db, float max_gain_db, float ceiling_db) {
             return std::make_unique<LevelStream>(
                 LevelOptions{sample_rate, target_db, max_gain_db, ceiling_db});
           }),
           py::arg("sample_rate"), py::arg("target_db"), py::arg("max_gain_db"), py::arg("ceiling_db"))
      .def("process", &LevelStream::process, py::arg("samples"))
      .def("reset", &LevelStream::reset)
      .def_property_readonly("gain_db", &LevelStream::gain_db);
}

}  // namespace electron_local
