#include <ggml.h>
#include <pybind11/pybind11.h>

#include <string>

#include "bindings/bindings.h"

namespace {

// libllama has no stable interface: a core compiled against one build must not run over another.
void check_libllama() {
  const std::string loaded = ggml_commit();
  if (loaded == ELECTRON_LOCAL_GGML_COMMIT) return;
  throw pybind11::import_error("the libllama that was loaded is build " + loaded +
                               "; electron_local was compiled against " ELECTRON_LOCAL_GGML_COMMIT
                               " (llama-cpp-python " ELECTRON_LOCAL_LLAMA_CPP_PYTHON
                               "): reinstall electron_local");
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "The C++ core: decoding, audio and voice activity detection. Use it through electron_local.";
  m.attr("__version__") = ELECTRON_LOCAL_VERSION;
  m.attr("llama_cpp_python_version") = ELECTRON_LOCAL_LLAMA_CPP_PYTHON;
  m.attr("ggml_commit") = ELECTRON_LOCAL_GGML_COMMIT;
  check_libllama();
  electron_local::register_errors(m);
  electron_local::register_base(m);
  electron_local::register_audio(m);
  electron_local::register_resampler(m);
  electron_local::register_echo(m);
  electron_local::register_vad(m);
  electron_local::register_llm_types(m);
  electron_local::register_llm(m);
}
