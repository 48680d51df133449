#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings/as_text.h"
#include "bindings/bindings.h"
#include "llm/engine.h"

namespace py = pybind11;

namespace electron_local {
namespace {

std::vector<py::str> as_texts(const std::vector<std::string>& all) {
  std::vector<py::str> texts;
  for (const std::string& bytes : all) texts.push_back(as_text(bytes));
  return texts;
}

GrammarSpec::Kind grammar_kind(const std::string& name) {
  if (name == "json_object") return GrammarSpec::Kind::kJsonObject;
  if (name == "json_schema") return GrammarSpec::Kind::kJsonSchema;
  if (name == "regex") return GrammarSpec::Kind::kRegex;
  if (name == "lark") return GrammarSpec::Kind::kLark;
  throw InvalidArgument("a grammar is json_object, json_schema, regex or lark, not " + name);
}

std::string speculation_name(Speculation speculation) {
  switch (speculation) {
    case Speculation::kOff:
      return "off";
    case Speculation::kAlways:
      return "always";
    default:
      return "auto";
  }
}

Speculation speculation(const std::string& name) {
  if (name == "auto") return Speculation::kAuto;
  if (name == "off") return Speculation::kOff;
  if (name == "always") return Speculation::kAlways;
  throw InvalidArgument("speculation is auto, off or always, not " + name);
}

void register_model_info(py::module_& m) {
  py::class_<ModelInfo>(m, "ModelInfo")
      .def_property_readonly("name", [](const ModelInfo& info) { return as_text(info.name); })
      .def_property_readonly("architecture", [](const ModelInfo& info) { return as_text(info.architecture); })
      .def_property_readonly("description", [](const ModelInfo& info) { return as_text(info.description); })
      .def_property_readonly("bos_token", [](const ModelInfo& info) { return as_text(info.bos_token); })
      .def_property_readonly("eos_token", [](const ModelInfo& info) { return as_text(info.eos_token); })
      .def_readonly("end_of_generation", &ModelInfo::end_of_generation)
      .def_property_readonly("control_tokens",
                             [](const ModelInfo& info) { return as_texts(info.control_tokens); })
      .def_property_readonly("user_defined_tokens",
                             [](const ModelInfo& info) { return as_texts(info.user_defined_tokens); })
      .def_property_readonly("left_stripping_tokens",
                             [](const ModelInfo& info) { return as_texts(info.left_stripping_tokens); })
      .def_readonly("judges_end_of_turn", &ModelInfo::judges_end_of_turn)
      .def_readonly("judges_tools_alone", &ModelInfo::judges_tools_alone)
      .def_property_readonly("unknown_answer",
                             [](const ModelInfo& info) { return as_text(info.unknown_answer); })
      .def_readonly("n_params", &ModelInfo::n_params)
      .def_readonly("size_bytes", &ModelInfo::size_bytes)
      .def_readonly("n_ctx_train", &ModelInfo::n_ctx_train)
      .def_readonly("n_vocab", &ModelInfo::n_vocab)
      .def_readonly("n_layer", &ModelInfo::n_layer)
      .def_property_readonly("chat_template", [](const ModelInfo& info) -> py::object {
        if (info.chat_template.empty()) return py::none();
        return as_text(info.chat_template);
      });
}

void register_options(py::module_& m) {
  py::class_<SamplingParams>(m, "SamplingParams")
      .def(py::init<>())
      .def_readwrite("temperature", &SamplingParams::temperature)
      .def_readwrite("top_p", &SamplingParams::top_p)
      .def_readwrite("top_k", &SamplingParams::top_k)
      .def_readwrite("min_p", &SamplingParams::min_p)
      .def_readwrite("seed", &SamplingParams::seed)
      .def_readwrite("max_tokens", &SamplingParams::max_tokens)
      .def_readwrite("stop", &SamplingParams::stop)
      .def_readwrite("presence_penalty", &SamplingParams::presence_penalty)
      .def_readwrite("frequency_penalty", &SamplingParams::frequency_penalty)
      .def_readwrite("repeat_penalty", &SamplingParams::repeat_penalty)
      .def_readwrite("logit_bias", &SamplingParams::logit_bias)
      .def_readwrite("logprobs", &SamplingParams::logprobs)
      .def_readwrite("top_logprobs", &SamplingParams::top_logprobs)
      .def_readwrite("shown_tokens", &SamplingParams::shown_tokens)
      .def_readwrite("deadline_s", &SamplingParams::deadline_s);

  py::class_<EngineOptions>(m, "EngineOptions")
      .def(py::init<>())
      .def_readwrite("n_ctx", &EngineOptions::n_ctx)
      .def_readwrite("n_batch", &EngineOptions::n_batch)
      .def_readwrite("n_threads", &EngineOptions::n_threads)
      .def_readwrite("n_queue", &EngineOptions::n_queue)
      .def_readwrite("n_parallel", &EngineOptions::n_parallel)
      .def_readwrite("n_cached", &EngineOptions::n_cached)
      .def_readwrite("cache_tokens", &EngineOptions::cache_tokens)
      .def_readwrite("host_bytes", &EngineOptions::host_bytes)
      .def_readwrite("grammar_library", &EngineOptions::grammar_library)
      .def_readwrite("use_prefix_cache", &EngineOptions::use_prefix_cache)
      .def_readwrite("use_extra_bufts", &EngineOptions::use_extra_bufts)
      .def_readwrite("n_threads_limit", &EngineOptions::n_threads_limit)
      .def_readwrite("quantised_kv", &EngineOptions::quantised_kv)
      .def_readwrite("flash_attention", &EngineOptions::flash_attention)
      .def_property(
          "speculation", [](const EngineOptions& options) { return speculation_name(options.speculation); },
          [](EngineOptions& options, const std::string& name) { options.speculation = speculation(name); })
      .def_readwrite("draft_model", &EngineOptions::draft_model)
      .def_readwrite("lora", &EngineOptions::lora)
      .def_readwrite("snapshot_dir", &EngineOptions::snapshot_dir)
      .def_readwrite("snapshot_bytes", &EngineOptions::snapshot_bytes);

  py::class_<Settings>(m, "Settings")
      .def_readonly("n_ctx", &Settings::n_ctx)
      .def_readonly("n_cells", &Settings::n_cells)
      .def_readonly("n_batch", &Settings::n_batch)
      .def_readonly("n_threads", &Settings::n_threads)
      .def_readonly("n_threads_batch", &Settings::n_threads_batch)
      .def_readonly("adaptive_threads", &Settings::adaptive_threads)
      .def_readonly("n_parallel", &Settings::n_parallel)
      .def_readonly("n_cached", &Settings::n_cached)
      .def_readonly("host_bytes", &Settings::host_bytes)
      .def_readonly("use_prefix_cache", &Settings::use_prefix_cache)
      .def_readonly("quantised_kv", &Settings::quantised_kv)
      .def_readonly("flash_attention", &Settings::flash_attention)
      .def_property_readonly("speculation",
                             [](const Settings& settings) { return speculation_name(settings.speculation); });
}

void register_specs(py::module_& m) {
  py::class_<GrammarSpec>(m, "GrammarSpec")
      .def(py::init([](const std::string& kind, std::string text) {
             return GrammarSpec{grammar_kind(kind), std::move(text)};
           }),
           py::arg("kind"), py::arg("text"));

  py::class_<ConstraintSpec>(m, "ConstraintSpec")
      .def(py::init([](GrammarSpec grammar, std::optional<std::string> marker, int n_least, int n_most,
                       std::pair<std::string, std::string> span, bool is_in_span) {
             ConstraintSpec spec{std::move(grammar), std::nullopt};
             if (marker) {
               spec.lazy = LazyOptions{*std::move(marker),     n_least,   n_most, std::move(span.first),
                                       std::move(span.second), is_in_span};
             }
             return spec;
           }),
           py::arg("grammar"), py::arg("marker"), py::arg("n_least"), py::arg("n_most"), py::arg("span"),
           py::arg("is_in_span"));

  py::class_<AlternativesSpec::Way>(m, "Way").def(
      py::init([](std::vector<Token> tokens, std::vector<Token> question, bool is_trusted) {
        return AlternativesSpec::Way{std::move(tokens), std::move(question), is_trusted};
      }),
      py::arg("tokens"), py::arg("question"), py::arg("is_trusted"));

  py::class_<AlternativesSpec>(m, "AlternativesSpec")
      .def(py::init<>())
      .def_readwrite("ways", &AlternativesSpec::ways)
      .def_readwrite("asked", &AlternativesSpec::asked)
      .def_readwrite("is_no", &AlternativesSpec::is_no)
      .def_readwrite("at_start", &AlternativesSpec::at_start)
      .def_readwrite("doubt", &AlternativesSpec::doubt)
      .def_readwrite("least", &AlternativesSpec::least)
      .def_readwrite("weight", &AlternativesSpec::weight);
}

void register_results(py::module_& m) {
  py::class_<TokenLogprobs>(m, "TokenLogprobs")
      .def_readonly("logprob", &TokenLogprobs::logprob)
      .def_readonly("top", &TokenLogprobs::top);

  py::class_<TokenEvent>(m, "TokenEvent")
      .def_readonly("text", &TokenEvent::text)
      .def_readonly("token", &TokenEvent::token)
      .def_readonly("logprobs", &TokenEvent::logprobs);

  py::class_<Usage>(m, "Usage")
      .def_readonly("prompt_tokens", &Usage::prompt_tokens)
      .def_readonly("cached_tokens", &Usage::cached_tokens)
      .def_readonly("completion_tokens", &Usage::completion_tokens);

  py::class_<CacheStats>(m, "CacheStats")
      .def_readonly("cells_used", &CacheStats::cells_used)
      .def_readonly("cells_total", &CacheStats::cells_total)
      .def_readonly("leaves_live", &CacheStats::leaves_live)
      .def_readonly("leaves_host", &CacheStats::leaves_host)
      .def_readonly("host_bytes", &CacheStats::host_bytes)
      .def_readonly("host_bytes_total", &CacheStats::host_bytes_total)
      .def_readonly("hits", &CacheStats::hits)
      .def_readonly("misses", &CacheStats::misses)
      .def_readonly("evictions", &CacheStats::evictions)
      .def_readonly("moves_to_host", &CacheStats::moves_to_host)
      .def_readonly("moves_from_host", &CacheStats::moves_from_host)
      .def_readonly("pinned_tokens", &CacheStats::pinned_tokens)
      .def_readonly("snapshots", &CacheStats::snapshots);

  py::class_<EngineStats>(m, "EngineStats")
      .def_readonly("requests", &EngineStats::requests)
      .def_readonly("prompt_tokens", &EngineStats::prompt_tokens)
      .def_readonly("cached_tokens", &EngineStats::cached_tokens)
      .def_readonly("evaluated_tokens", &EngineStats::evaluated_tokens)
      .def_readonly("completion_tokens", &EngineStats::completion_tokens)
      .def_readonly("drafted_tokens", &EngineStats::drafted_tokens)
      .def_readonly("accepted_tokens", &EngineStats::accepted_tokens)
      .def_readonly("questions", &EngineStats::questions)
      .def_readonly("batches", &EngineStats::batches)
      .def_readonly("n_running", &EngineStats::n_running)
      .def_readonly("n_queued", &EngineStats::n_queued)
      .def_readonly("last_prompt_tokens", &EngineStats::last_prompt_tokens)
      .def_readonly("last_match_tokens", &EngineStats::last_match_tokens)
      .def_readonly("last_match_end", &EngineStats::last_match_end)
      .def_readonly("cache", &EngineStats::cache);
}

}  // namespace

void register_llm_types(py::module_& m) {
  register_model_info(m);
  register_options(m);
  register_specs(m);
  register_results(m);
}

}  // namespace electron_local
