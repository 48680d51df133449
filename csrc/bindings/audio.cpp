// Codecs and the resampler. Arrays must have the exact dtype; only strides are made contiguous. The GIL is
// released while samples are computed.
#include <pybind11/numpy.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audio/g711.h"
#include "audio/pcm.h"
#include "audio/resampler.h"
#include "base/error.h"
#include "bindings/bindings.h"

namespace py = pybind11;

namespace electron_local {
namespace {

constexpr int kContiguous = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;

template <typename T>
using Array = py::array_t<T, kContiguous>;

std::string describe(const py::handle& value) {
  if (py::isinstance<py::array>(value)) return py::str(value.attr("dtype"));
  return Py_TYPE(value.ptr())->tp_name;
}

template <typename T>
Array<T> as_array(const py::object& value, const char* name) {
  if (py::isinstance<py::array_t<T>>(value)) return Array<T>::ensure(value);
  throw InvalidArgument(std::string(name) + " must be an array of " +
                        std::string(py::str(py::dtype::of<T>())) + ", got " + describe(value));
}

// Also takes bytes-like objects, as values of T in native byte order.
template <typename T>
Array<T> as_array_or_bytes(const py::object& value, const char* name) {
  const bool is_bytes =
      PyBytes_Check(value.ptr()) || PyByteArray_Check(value.ptr()) || PyMemoryView_Check(value.ptr());
  if (!is_bytes) return as_array<T>(value, name);
  const auto bytes = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(value.ptr()));
  if (!bytes) throw py::error_already_set();
  const std::string_view view = bytes;
  if (view.size() % sizeof(T) != 0) {
    throw InvalidArgument(std::string(name) + " must hold whole values of " + std::to_string(sizeof(T)) +
                          " bytes, got " + std::to_string(view.size()) + " bytes");
  }
  Array<T> array(static_cast<py::ssize_t>(view.size() / sizeof(T)));
  std::copy(view.begin(), view.end(), reinterpret_cast<char*>(array.mutable_data()));
  return array;
}

template <typename In, typename Out>
py::array_t<Out> convert(const Array<In>& input, void (*function)(const In*, std::size_t, Out*)) {
  py::array_t<Out> output(std::vector<py::ssize_t>(input.shape(), input.shape() + input.ndim()));
  const In* source = input.data();
  Out* target = output.mutable_data();
  const auto n_samples = static_cast<std::size_t>(input.size());
  py::gil_scoped_release release;
  function(source, n_samples, target);
  return output;
}

ResamplerQuality parse_quality(const std::string& name) {
  if (name == "fast") return ResamplerQuality::kFast;
  if (name == "voice") return ResamplerQuality::kVoice;
  if (name == "hq") return ResamplerQuality::kHq;
  if (name == "vhq") return ResamplerQuality::kVhq;
  throw InvalidArgument("quality must be fast, voice, hq or vhq, got " + name);
}

// A stream with a guard: two threads in one stream raise instead of racing.
class ResamplerStream {
 public:
  explicit ResamplerStream(const ResamplerOptions& options) : resampler_(options) {}

  py::array_t<float> process(const py::object& samples) {
    const Array<float> input = as_array<float>(samples, "samples");
    if (input.ndim() != 1) {
      throw InvalidArgument("samples must have 1 dimension, got " + std::to_string(input.ndim()));
    }
    const auto n_samples = static_cast<std::size_t>(input.size());
    const Use use(in_use_);
    py::array_t<float> output(static_cast<py::ssize_t>(resampler_.output_size(n_samples)));
    const float* source = input.data();
    float* target = output.mutable_data();
    {
      py::gil_scoped_release release;
      resampler_.process(source, n_samples, target);
    }
    return output;
  }

  py::array_t<float> flush() {
    const Use use(in_use_);
    py::array_t<float> output(static_cast<py::ssize_t>(resampler_.flush_size()));
    float* target = output.mutable_data();
    {
      py::gil_scoped_release release;
      resampler_.flush(target);
    }
    return output;
  }

  void reset() {
    const Use use(in_use_);
    resampler_.reset();
  }

  std::size_t delay() const { return resampler_.delay(); }

  std::size_t output_size(std::size_t n_samples) {
    const Use use(in_use_);
    return resampler_.output_size(n_samples);
  }

 private:
  class Use {
   public:
    explicit Use(std::atomic<bool>& flag) : flag_(flag) {
      if (flag_.exchange(true)) throw InvalidArgument("a Resampler must not be used by two threads at once");
    }
    ~Use() { flag_ = false; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::atomic<bool>& flag_;
  };

  Resampler resampler_;
  std::atomic<bool> in_use_{false};
};

void register_codecs(py::module_& m) {
  m.def(
      "ulaw_encode",
      [](const py::object& samples) {
        return convert(as_array_or_bytes<std::int16_t>(samples, "samples"), ulaw_encode);
      },
      py::arg("samples"));
  m.def(
      "ulaw_decode",
      [](const py::object& codes) {
        return convert(as_array_or_bytes<std::uint8_t>(codes, "codes"), ulaw_decode);
      },
      py::arg("codes"));
  m.def(
      "alaw_encode",
      [](const py::object& samples) {
        return convert(as_array_or_bytes<std::int16_t>(samples, "samples"), alaw_encode);
      },
      py::arg("samples"));
  m.def(
      "alaw_decode",
      [](const py::object& codes) {
        return convert(as_array_or_bytes<std::uint8_t>(codes, "codes"), alaw_decode);
      },
      py::arg("codes"));
  m.def(
      "int16_to_float32",
      [](const py::object& samples) {
        return convert(as_array_or_bytes<std::int16_t>(samples, "samples"), int16_to_float32);
      },
      py::arg("samples"));
  m.def(
      "float32_to_int16",
      [](const py::object& samples) {
        return convert(as_array<float>(samples, "samples"), float32_to_int16);
      },
      py::arg("samples"));
}

}  // namespace

void register_audio(py::module_& m) {
  register_codecs(m);
  py::class_<ResamplerStream>(m, "Resampler")
      .def(py::init([](int from_rate, int to_rate, const std::string& quality) {
             const ResamplerOptions options{from_rate, to_rate, parse_quality(quality)};
             py::gil_scoped_release release;
             return std::make_unique<ResamplerStream>(options);
           }),
           py::arg("from_rate"), py::arg("to_rate"), py::arg("quality"))
      .def("process", &ResamplerStream::process, py::arg("samples"))
      .def("flush", &ResamplerStream::flush)
      .def("reset", &ResamplerStream::reset)
      .def("output_size", &ResamplerStream::output_size, py::arg("n_samples"))
      .def_property_readonly("delay", &ResamplerStream::delay);
}

}  // namespace electron_local
