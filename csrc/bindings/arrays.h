// NumPy arrays at the border. Arrays must have the exact dtype; only strides are made contiguous. A stream
// hands over pieces of a few microseconds' work: what is done for each is kept short.
#pragma once

#include <pybind11/numpy.h>

#include <string>

#include "base/error.h"

namespace electron_local {

constexpr int kContiguous = pybind11::array::c_style | pybind11::detail::npy_api::NPY_ARRAY_ALIGNED_;

template <typename T>
using Array = pybind11::array_t<T, kContiguous>;

// For messages: the dtype of an array, the type of anything else.
inline std::string describe(const pybind11::handle& value) {
  if (pybind11::isinstance<pybind11::array>(value)) return pybind11::str(value.attr("dtype"));
  return Py_TYPE(value.ptr())->tp_name;
}

template <typename T>
bool is_array_of(const pybind11::handle& value) {
  if (!pybind11::isinstance<pybind11::array>(value)) return false;
  const auto dtype = pybind11::reinterpret_borrow<pybind11::array>(value).dtype();
  return dtype.num() == pybind11::dtype::num_of<T>() && dtype.byteorder() != '>';
}

// `value` itself, or a contiguous copy of a strided or unaligned array. is_array_of<T>(value) holds.
template <typename T>
Array<T> contiguous(const pybind11::handle& value) {
  auto array = pybind11::reinterpret_borrow<Array<T>>(value);
  if ((array.flags() & kContiguous) == kContiguous) return array;
  array = Array<T>::ensure(value);
  if (!array) throw pybind11::error_already_set();
  return array;
}

// An array that is not filled, without the vectors that pybind11 makes of a shape.
template <typename T>
pybind11::array_t<T> new_array(int n_dimensions, const Py_ssize_t* shape) {
  auto& api = pybind11::detail::npy_api::get();
  PyObject* array = api.PyArray_NewFromDescr_(api.PyArray_Type_, pybind11::dtype::of<T>().release().ptr(),
                                              n_dimensions, shape, nullptr, nullptr, 0, nullptr);
  if (array == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::array_t<T>>(array);
}

}  // namespace electron_local
