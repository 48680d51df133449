// The one table between the C++ error tree and the Python one (electron_local.errors).
#include <string>

#include "base/error.h"
#include "bindings/bindings.h"

namespace py = pybind11;

namespace electron_local {
namespace {

// A message may quote bytes of a damaged file: they are shown as U+FFFD.
void raise(const char* name, const std::string& what) {
  const py::object type = py::module_::import("electron_local.errors").attr(name);
  const auto size = static_cast<Py_ssize_t>(what.size());
  const auto message = py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(what.data(), size, "replace"));
  if (message) PyErr_SetObject(type.ptr(), message.ptr());
}

}  // namespace

void register_errors(py::module_& m) {
  (void)m;
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const InvalidArgument& e) {
      raise("InvalidArgumentError", e.what());
    } catch (const ModelLoadError& e) {
      raise("ModelLoadError", e.what());
    } catch (const ContextLengthExceeded& e) {
      raise("ContextLengthExceededError", e.what());
    } catch (const DeadlineExceeded& e) {
      raise("DeadlineExceededError", e.what());
    } catch (const Unavailable& e) {
      raise("OverloadedError", e.what());
    } catch (const Error& e) {
      raise("InternalServerError", e.what());
    }
  });
}

}  // namespace electron_local
