// Codecs. Arrays of any length worth it are converted without the GIL.
#include <optional>
#include <string>
#include <string_view>

#include "audio/g711.h"
#include "audio/pcm.h"
#include "base/error.h"
#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/released_gil.h"

namespace py = pybind11;

namespace electron_local {
namespace {

// Fewer are converted in a microsecond.
constexpr std::size_t kSamplesWorthTheGil = 16384;

template <typename T>
Array<T> as_array(const py::object& value, const char* name) {
  if (is_array_of<T>(value)) return contiguous<T>(value);
  throw InvalidArgument(std::string(name) + " must be an array of " +
                        std::string(py::str(py::dtype::of<T>())) + ", got " + describe(value));
}

template <typename In, typename Out>
using Convert = void (*)(const In*, std::size_t, Out*);

template <typename In, typename Out>
py::array_t<Out> convert(const In* source, int n_dimensions, const Py_ssize_t* shape,
                         Convert<In, Out> function) {
  py::array_t<Out> output = new_array<Out>(n_dimensions, shape);
  Out* target = output.mutable_data();
  const auto n_samples = static_cast<std::size_t>(output.size());
  std::optional<ReleasedGil> release;
  if (n_samples >= kSamplesWorthTheGil) release.emplace();
  function(source, n_samples, target);
  return output;
}

template <typename In, typename Out>
py::array_t<Out> convert_array(const py::object& value, const char* name, Convert<In, Out> function) {
  const Array<In> input = as_array<In>(value, name);
  return convert(input.data(), static_cast<int>(input.ndim()), input.shape(), function);
}

// Also takes bytes-like objects, as values of In in native byte order.
template <typename In, typename Out>
py::array_t<Out> convert_any(const py::object& value, const char* name, Convert<In, Out> function) {
  const bool is_bytes =
      PyBytes_Check(value.ptr()) || PyByteArray_Check(value.ptr()) || PyMemoryView_Check(value.ptr());
  if (!is_bytes) return convert_array<In, Out>(value, name, function);
  const auto bytes = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(value.ptr()));
  if (!bytes) throw py::error_already_set();
  const std::string_view view = bytes;
  if (view.size() % sizeof(In) != 0) {
    throw InvalidArgument(std::string(name) + " must hold whole values of " + std::to_string(sizeof(In)) +
                          " bytes, got " + std::to_string(view.size()) + " bytes");
  }
  const Py_ssize_t shape[1] = {static_cast<Py_ssize_t>(view.size() / sizeof(In))};
  // CPython keeps the content of bytes aligned for any number.
  return convert(reinterpret_cast<const In*>(view.data()), 1, shape, function);
}

}  // namespace

void register_audio(py::module_& m) {
  m.def(
      "ulaw_encode",
      [](const py::object& samples) { return convert_any<std::int16_t>(samples, "samples", ulaw_encode); },
      py::arg("samples"));
  m.def(
      "ulaw_decode",
      [](const py::object& codes) { return convert_any<std::uint8_t>(codes, "codes", ulaw_decode); },
      py::arg("codes"));
  m.def(
      "alaw_encode",
      [](const py::object& samples) { return convert_any<std::int16_t>(samples, "samples", alaw_encode); },
      py::arg("samples"));
  m.def(
      "alaw_decode",
      [](const py::object& codes) { return convert_any<std::uint8_t>(codes, "codes", alaw_decode); },
      py::arg("codes"));
  m.def(
      "int16_to_float32",
      [](const py::object& samples) {
        return convert_any<std::int16_t>(samples, "samples", int16_to_float32);
      },
      py::arg("samples"));
  m.def(
      "float32_to_int16",
      [](const py::object& samples) { return convert_array<float>(samples, "samples", float32_to_int16); },
      py::arg("samples"));
}

}  // namespace electron_local
