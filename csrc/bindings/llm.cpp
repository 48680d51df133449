#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "bindings/as_text.h"
#include "bindings/bindings.h"
#include "bindings/released_gil.h"
#include "llm/attention/attention_plugin.h"
#include "llm/engine.h"
#include "llm/llama_api.h"
#include "llm/log_hook.h"

namespace py = pybind11;

namespace electron_local {
namespace {

using ReleaseGil = py::call_guard<ReleasedGil>;

// Destroying an engine joins its thread: never while holding the GIL.
struct ReleasingDeleter {
  void operator()(Engine* engine) const {
    if (getpid() != engine->pid()) return;  // a forked child has no decode thread to join
    ReleasedGil release;
    delete engine;
  }
};

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kCancelled:
      return "cancelled";
    default:
      return "stop";
  }
}

void register_generation(py::module_& m) {
  py::class_<Generation, std::shared_ptr<Generation>>(m, "Generation")
      .def(
          "next",
          [](Generation& generation, int timeout_ms) {
            return generation.next(std::chrono::milliseconds(timeout_ms));
          },
          py::arg("timeout_ms"), ReleaseGil())
      .def("cancel", &Generation::cancel)
      .def("notify", &Generation::notify, py::arg("fd"))
      .def_property_readonly("done", &Generation::done)
      .def_property_readonly("usage", &Generation::usage)
      .def_property_readonly("finish_reason", [](const Generation& generation) -> std::optional<std::string> {
        const auto reason = generation.finish_reason();
        if (!reason) return std::nullopt;
        return finish_reason_name(*reason);
      });
}

py::array_t<float> logits(Engine& engine, std::vector<Token> tokens) {
  const auto n_tokens = static_cast<py::ssize_t>(tokens.size());
  std::vector<float> values;
  {
    ReleasedGil release;
    values = engine.logits(std::move(tokens));
  }
  return py::array_t<float>({n_tokens, static_cast<py::ssize_t>(engine.model().info().n_vocab)},
                            values.data());
}

void register_engine(py::module_& m) {
  py::class_<Engine, std::unique_ptr<Engine, ReleasingDeleter>>(m, "Engine")
      .def(py::init<const std::string&, const EngineOptions&>(), py::arg("model_path"), py::arg("options"),
           ReleaseGil())
      .def("submit", &Engine::submit, py::arg("prompt"), py::arg("params"), py::arg("priority"),
           py::arg("constraint"), py::arg("alternatives"), ReleaseGil())
      .def("refusal", &Engine::refusal, py::arg("grammar"), ReleaseGil())
      .def(
          "prefill",
          [](Engine& engine, std::vector<Token> prompt, bool pin, std::string conversation) {
            return engine.prefill(std::move(prompt), {pin, std::move(conversation)});
          },
          py::arg("prompt"), py::arg("pin"), py::arg("conversation"), ReleaseGil())
      .def("logits", &logits, py::arg("tokens"))
      .def(
          "tokenize",
          [](const Engine& engine, const std::string& text, bool add_special, bool parse_special) {
            return engine.model().tokenize(text, add_special, parse_special);
          },
          py::arg("text"), py::arg("add_special"), py::arg("parse_special"), ReleaseGil())
      .def(
          "detokenize",
          [](const Engine& engine, const std::vector<Token>& tokens, bool special) {
            engine.model().check(tokens);
            std::string bytes;
            for (const Token token : tokens) bytes += engine.model().piece(token, special);
            return py::bytes(bytes);
          },
          py::arg("tokens"), py::arg("special"))
      .def("close", &Engine::close, ReleaseGil())
      .def_property_readonly("stats", &Engine::stats)
      .def_property_readonly("n_ctx", &Engine::n_ctx)
      .def_property_readonly("settings", &Engine::settings, py::return_value_policy::reference_internal)
      .def_property_readonly(
          "model", [](const Engine& engine) -> const ModelInfo& { return engine.model().info(); },
          py::return_value_policy::reference_internal);
}

}  // namespace

void register_llm(py::module_& m) {
  register_generation(m);
  register_engine(m);
  m.def(
      "drain_log",
      [] {
        std::vector<std::pair<int, py::str>> lines;
        for (LogLine& line : drain_log()) lines.emplace_back(line.level, as_text(line.text));
        return lines;
      },
      "Log lines since the last call: (level, text); below 20 a ggml level of libllama's, else one of "
      "Python's.");
  m.def(
      "libllama_info", [] { return std::string(llama_print_system_info()); },
      "libllama's own line about the instruction sets it was built for.");
  m.def(
      "has_own_attention",
      [] {
        install_attention();
        return has_own_attention();
      },
      "Whether attention is computed by this package's kernel, where that can, instead of libllama's; "
      "ELECTRON_LOCAL_ATTENTION=libllama turns it off. Raises InvalidArgumentError for another value but "
      "own.");
}

}  // namespace electron_local
