#include <pybind11/stl.h>

#include "base/cores.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "bindings/bindings.h"

namespace py = pybind11;

namespace electron_local {

void register_base(py::module_& m) {
  m.def(
      "cpu_features", [] { return cpu_features(); },
      "Names of the instruction set extensions that processor and operating system offer.");
  m.def(
      "n_physical_cores", [] { return n_physical_cores(); },
      "Physical cores among the CPUs that this process may run on, and no more than its control groups leave "
      "time for.");
  m.def(
      "available_memory", [] { return available_memory(); },
      "Bytes that this process may still take, control groups included; None: not known.");
  m.def(
      "selected_isa", [] { return std::string(isa_name(selected_isa())); },
      "The instruction set of the signal kernels: baseline, avx2, avx512 or neon; ELECTRON_LOCAL_ISA forces "
      "one.");
}

}  // namespace electron_local
