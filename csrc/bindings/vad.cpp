// Voice activity detection. Arrays must be float32 with one dimension; only strides are made contiguous. The
// GIL is released while the network runs.
#include "vad/vad.h"

#include <pybind11/numpy.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings/bindings.h"
#include "bindings/released_gil.h"
#include "vad/segmenter.h"
#include "vad/silero.h"

namespace py = pybind11;

namespace electron_local {
namespace {

constexpr int kContiguous = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
using Samples = py::array_t<float, kContiguous>;

Samples as_samples(const py::object& value) {
  if (!py::isinstance<py::array_t<float>>(value)) {
    const std::string got = py::isinstance<py::array>(value) ? std::string(py::str(value.attr("dtype")))
                                                             : std::string(Py_TYPE(value.ptr())->tp_name);
    throw InvalidArgument("samples must be a float32 array, got " + got +
                          "; int16_to_float32 in electron_local.audio converts 16-bit samples");
  }
  Samples samples = Samples::ensure(value);
  if (!samples) throw py::error_already_set();
  if (samples.ndim() != 1) {
    throw InvalidArgument("samples must have 1 dimension, got " + std::to_string(samples.ndim()));
  }
  return samples;
}

// [(True at a start and False at a stop, sample), ...]
using EventList = py::typing::List<py::typing::Tuple<bool, py::int_>>;

EventList as_list(const std::vector<SpeechEvent>& events) {
  EventList list;
  for (const SpeechEvent& event : events) list.append(py::make_tuple(event.is_start, event.sample));
  return list;
}

py::array_t<float> probabilities(const Silero& network, const py::object& value) {
  const Samples samples = as_samples(value);
  std::vector<float> result;
  {
    const float* data = samples.data();
    const auto n_samples = static_cast<std::size_t>(samples.size());
    const ReleasedGil release;
    result = speech_probabilities(network, data, n_samples);
  }
  return py::array_t<float>(static_cast<py::ssize_t>(result.size()), result.data());
}

EventList push(VadStream& stream, const py::object& value) {
  const Samples samples = as_samples(value);
  std::vector<SpeechEvent> events;
  {
    const float* data = samples.data();
    const auto n_samples = static_cast<std::size_t>(samples.size());
    const ReleasedGil release;
    events = stream.push(data, n_samples);
  }
  return as_list(events);
}

EventList flush(VadStream& stream) {
  std::vector<SpeechEvent> events;
  {
    const ReleasedGil release;
    events = stream.flush();
  }
  return as_list(events);
}

SegmenterOptions make_options(float start_threshold, float end_threshold, int min_speech_ms,
                              int min_silence_ms, int padding_ms, double max_speech_s) {
  return {start_threshold, end_threshold, min_speech_ms, min_silence_ms, padding_ms, max_speech_s};
}

EventList push_probability(Segmenter& segmenter, float probability, int n_samples) {
  if (!(probability >= 0.0f && probability <= 1.0f)) {
    throw InvalidArgument("probability must lie in [0, 1], got " + std::to_string(probability));
  }
  if (n_samples < 1 || n_samples > kHopSamples) {
    throw InvalidArgument("n_samples must be from 1 to 512, got " + std::to_string(n_samples));
  }
  std::vector<SpeechEvent> events;
  segmenter.push(probability, n_samples, events);
  return as_list(events);
}

EventList flush_segmenter(Segmenter& segmenter) {
  std::vector<SpeechEvent> events;
  segmenter.flush(events);
  return as_list(events);
}

}  // namespace

void register_vad(py::module_& m) {
  m.def(
      "check_vad_samples",
      [](const py::object& value) {
        const Samples samples = as_samples(value);
        check_samples(samples.data(), static_cast<std::size_t>(samples.size()));
      },
      py::arg("samples"), "Raises unless samples is a 1-D float32 array of finite values within full scale.");

  const SegmenterOptions defaults;
  py::class_<SegmenterOptions>(m, "SegmenterOptions", "How probabilities become speech; see VadOptions.")
      .def(py::init(&make_options), py::kw_only(), py::arg("start_threshold") = defaults.start_threshold,
           py::arg("end_threshold") = defaults.end_threshold,
           py::arg("min_speech_ms") = defaults.min_speech_ms,
           py::arg("min_silence_ms") = defaults.min_silence_ms, py::arg("padding_ms") = defaults.padding_ms,
           py::arg("max_speech_s") = defaults.max_speech_s);

  py::class_<Segmenter>(m, "Segmenter", "Probabilities to speech events: [(is_start, sample), ...].")
      .def(py::init<const SegmenterOptions&>(), py::arg("options"))
      .def("push", &push_probability, py::arg("probability"), py::arg("n_samples") = kHopSamples)
      .def("flush", &flush_segmenter)
      .def("reset", &Segmenter::reset)
      .def_property_readonly("speaking", &Segmenter::is_speaking);

  py::class_<Silero, std::shared_ptr<Silero>>(m, "Silero", "Silero VAD v6.2 at 16 kHz; shared by streams.")
      .def(py::init([](const std::string& path) {
             const ReleasedGil release;
             return std::make_shared<Silero>(path);
           }),
           py::arg("weights_path"))
      .def("probabilities", &probabilities, py::arg("samples"));

  py::class_<VadStream>(m, "VadStream", "One stream at 16 kHz: samples to [(is_start, sample), ...].")
      .def(py::init([](std::shared_ptr<Silero> network, const SegmenterOptions& options) {
             return std::make_unique<VadStream>(std::move(network), options);
           }),
           py::arg("network").none(false), py::arg("options"))
      .def("push", &push, py::arg("samples"))
      .def("flush", &flush)
      .def("reset", &VadStream::reset)
      .def_property_readonly("speaking", &VadStream::is_speaking)
      .def_property_readonly("last_probability", &VadStream::last_probability);
}

}  // namespace electron_local
