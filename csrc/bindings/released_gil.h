// The GIL, given away while the core works.
#pragma once

#include <pybind11/pybind11.h>
#include <unistd.h>

namespace electron_local {

// Takes the GIL back at its end, also while an exception passes. Where the interpreter finalizes by then,
// CPython before 3.14 ends the thread by unwinding its stack: that would touch Python objects without the
// GIL, and end the process at the first destructor it meets. The thread stays here instead until the process
// ends, as CPython itself keeps it from 3.14 on.
class ReleasedGil {
 public:
  ReleasedGil() : state_(PyEval_SaveThread()) {}
  ~ReleasedGil() {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {  // the unwinding, which a handler that never ends holds up
      for (;;) pause();
    }
  }
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace electron_local
