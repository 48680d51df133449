// Codecs. Arrays of any length worth it are converted without the GIL.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "audio/g711.h"
#include "audio/pcm.h"
#include "base/error.h"
#include "bindings/arrays.h"
#include "bindings/bindings.h"

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
  py::array_t<Out> output = new_array<Out>(static_cast<int>(input.ndim()), input.shape());
  const In* source = input.data();
  Out* target = output.mutable_data();
  const auto n_samples = static_cast<std::size_t>(input.size());
  std::optional<py::gil_scoped_release> release;
  if (n_samples >= kSamplesWorthTheGil) release.emplace();
  function(source, n_samples, target);
  return output;
}

}  // namespace

void register_audio(py::module_& m) {
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

}  // namespace electron_local
