// One register function a file; module.cpp calls them in order.
#pragma once

#include <pybind11/pybind11.h>

namespace electron_local {

void register_errors(pybind11::module_& m);
void register_base(pybind11::module_& m);
void register_audio(pybind11::module_& m);
void register_resampler(pybind11::module_& m);
void register_echo(pybind11::module_& m);
void register_vad(pybind11::module_& m);
void register_llm_types(pybind11::module_& m);
void register_llm(pybind11::module_& m);

}  // namespace electron_local
