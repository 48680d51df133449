// Text of a model's file, for Python.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace electron_local {

// It need not be UTF-8: what is not becomes U+FFFD.
inline pybind11::str as_text(const std::string& bytes) {
  PyObject* text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
  if (text == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::str>(text);
}

}  // namespace electron_local
