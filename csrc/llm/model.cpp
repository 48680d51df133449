#include "llm/model.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "llm/attention/attention.h"
#include "llm/attention/attention_plugin.h"
#include "llm/log_hook.h"

namespace electron_local {
namespace {

void init_backend() {
  static std::once_flag once;
  std::call_once(once, [] {
    install_log_hook();
    llama_backend_init();
  });
  install_attention();
}

// What can be said about a file before libllama sees it.
void check_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw ModelLoadError(path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw ModelLoadError(path + ": not a regular file");
  std::ifstream file(path, std::ios::binary);
  char magic[4] = {};
  if (!file.read(magic, sizeof magic)) {
    throw ModelLoadError(path + ": " + std::to_string(status.st_size) + " bytes, too short for a GGUF file");
  }
  if (std::memcmp(magic, "GGUF", 4) != 0) throw ModelLoadError(path + ": not a GGUF file (no GGUF magic)");
}

// A number of the header; none where it has no such key, or one of another kind.
std::optional<double> header_number(const gguf_context* header, const std::string& key) {
  const std::int64_t id = gguf_find_key(header, key.c_str());
  if (id < 0) return std::nullopt;
  switch (gguf_get_kv_type(header, id)) {
    case GGUF_TYPE_UINT32:
      return gguf_get_val_u32(header, id);
    case GGUF_TYPE_INT32:
      return gguf_get_val_i32(header, id);
    case GGUF_TYPE_UINT64:
      return static_cast<double>(gguf_get_val_u64(header, id));
    case GGUF_TYPE_INT64:
      return static_cast<double>(gguf_get_val_i64(header, id));
    case GGUF_TYPE_FLOAT32:
      return gguf_get_val_f32(header, id);
    default:
      return std::nullopt;
  }
}

// The values of a header that libllama takes, and then ends the process for. What else is wrong, it says.
void check_header(const std::string& path) {
  struct Range {
    const char* key;
    double least, most;
  };
  constexpr double kMostLayers = 512;  // LLAMA_MAX_LAYERS
  constexpr Range kRanges[] = {{".block_count", 1, kMostLayers},
                               {".context_length", 1, INT_MAX},
                               {".attention.layer_norm_rms_epsilon", 0, 1},
                               {".attention.layer_norm_epsilon", 0, 1}};
  const HeaderHandle header(gguf_init_from_file(path.c_str(), {true, nullptr}));
  if (!header) return;
  const std::int64_t id = gguf_find_key(header.get(), "general.architecture");
  if (id < 0 || gguf_get_kv_type(header.get(), id) != GGUF_TYPE_STRING) return;
  const std::string architecture = gguf_get_val_str(header.get(), id);
  for (const Range& range : kRanges) {
    const std::string key = architecture + range.key;
    const std::optional<double> value = header_number(header.get(), key);
    if (!value || (*value >= range.least && *value <= range.most)) continue;
    throw ModelLoadError(path + ": damaged: " + key + " is " + std::to_string(*value));
  }
}

std::string metadata(const llama_model* model, const char* key) {
  char buffer[256];
  const int n = llama_model_meta_val_str(model, key, buffer, sizeof buffer);
  return n < 0 ? std::string() : std::string(buffer);
}

std::string token_text(const llama_vocab* vocab, llama_token token) {
  if (token == LLAMA_TOKEN_NULL) return {};
  const char* text = llama_vocab_get_text(vocab, token);
  return text == nullptr ? std::string() : std::string(text);
}

int positive_or(const std::string& number, int fallback) {
  const int value = std::atoi(number.c_str());
  return value > 0 ? value : fallback;
}

// As far as the file says it. Whether it is so is asked again of every node: a wrong guess costs speed alone.
bool fits_own_attention(const llama_model* model, const std::string& architecture, int n_head, int n_key,
                        int n_value) {
  const int n_key_head = std::max(1, llama_model_n_head_kv(model));
  if (n_head % n_key_head != 0 || n_head / n_key_head > kMostSharingHeads) return false;
  if (n_key % kHeadWidthStep != 0 || n_value % kHeadWidthStep != 0) return false;
  // A bias by distance, a sink beside the cells, or no flash attention at all.
  for (const char* other : {"bloom", "mpt", "refact", "gpt-oss", "grok"})
    if (architecture == other) return false;
  return true;
}

ModelInfo read_info(const std::string& path, const llama_model* model) {
  const llama_vocab* vocab = llama_model_get_vocab(model);
  ModelInfo info;
  info.name = metadata(model, "general.name");
  if (info.name.empty()) info.name = path.substr(path.find_last_of('/') + 1);
  info.architecture = metadata(model, "general.architecture");
  info.judges_end_of_turn = metadata(model, "electron_local.judges_end_of_turn") == "true";
  info.unknown_answer = metadata(model, "electron_local.unknown_answer");
  info.judges_tools_alone = metadata(model, "electron_local.judges_tools_alone") == "true";
  char description[256];
  llama_model_desc(model, description, sizeof description);
  info.description = description;
  if (const char* text = llama_model_chat_template(model, nullptr)) info.chat_template = text;
  info.bos_token = token_text(vocab, llama_vocab_bos(vocab));
  info.eos_token = token_text(vocab, llama_vocab_eos(vocab));
  info.n_params = static_cast<std::int64_t>(llama_model_n_params(model));
  info.size_bytes = static_cast<std::int64_t>(llama_model_size(model));
  info.n_ctx_train = llama_model_n_ctx_train(model);
  info.n_vocab = llama_vocab_n_tokens(vocab);
  info.n_layer = llama_model_n_layer(model);
  info.n_head = std::max(1, llama_model_n_head(model));
  const int n_embd = llama_model_n_embd(model);
  const int n_key = positive_or(metadata(model, (info.architecture + ".attention.key_length").c_str()),
                                n_embd / info.n_head);
  const int n_value =
      positive_or(metadata(model, (info.architecture + ".attention.value_length").c_str()), n_key);
  info.has_own_attention =
      has_own_attention() && fits_own_attention(model, info.architecture, info.n_head, n_key, n_value);
  info.kv_bytes =
      std::int64_t{2} * info.n_layer * std::max(1, llama_model_n_head_kv(model)) * (n_key + n_value);
  for (Token token = 0; token < info.n_vocab; ++token) {
    if (llama_vocab_is_eog(vocab, token)) info.end_of_generation.push_back(token);
    constexpr int kControl = LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN;
    const int attributes = llama_vocab_get_attr(vocab, token);
    const bool is_control = (attributes & kControl) != 0;
    if (!is_control && (attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) == 0) continue;
    (is_control ? info.control_tokens : info.user_defined_tokens).push_back(token_text(vocab, token));
    if ((attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0)
      info.left_stripping_tokens.push_back(token_text(vocab, token));
  }
  return info;
}

AdapterHandle load_lora(const std::string& path, llama_model* model) {
  check_file(path);
  clear_first_error();
  AdapterHandle adapter(llama_adapter_lora_init(model, path.c_str()));
  if (!adapter) throw ModelLoadError(path + ": not a LoRA adapter for this model: " + first_error());
  if (llama_adapter_get_alora_n_invocation_tokens(adapter.get()) > 0) {
    throw ModelLoadError(path +
                         ": an activated LoRA adapter (it waits for invocation tokens): not supported");
  }
  return adapter;
}

}  // namespace

Model::Model(const std::string& path, bool use_extra_bufts, const std::string& lora) {
  init_backend();
  check_file(path);
  check_header(path);
  llama_model_params params = llama_model_default_params();
  params.n_gpu_layers = 0;
  params.use_extra_bufts = use_extra_bufts;
  clear_first_error();
  handle_.reset(llama_model_load_from_file(path.c_str(), params));
  if (!handle_) throw ModelLoadError(path + ": cannot be loaded: " + first_error());
  if (llama_vocab_type(vocab()) == LLAMA_VOCAB_TYPE_NONE) throw ModelLoadError(path + ": holds no tokenizer");
  if (!llama_model_has_decoder(handle_.get()) || llama_model_has_encoder(handle_.get())) {
    throw ModelLoadError(path + ": not a decoder-only language model");
  }
  info_ = read_info(path, handle_.get());
  if (!lora.empty()) lora_ = load_lora(lora, handle_.get());
}

std::vector<Token> Model::tokenize(const std::string& text, bool add_special, bool parse_special) const {
  if (text.size() > INT_MAX / 2) {
    throw InvalidArgument("text of " + std::to_string(text.size()) + " bytes; the limit is " +
                          std::to_string(INT_MAX / 2));
  }
  std::vector<Token> tokens(text.size() + 4);  // a byte is at most one token, plus BOS and EOS and a blank
  const int length = static_cast<int>(text.size());
  const int n_most = static_cast<int>(tokens.size());
  int n = llama_tokenize(vocab(), text.data(), length, tokens.data(), n_most, add_special, parse_special);
  if (n < 0 && n != INT_MIN) {
    tokens.resize(static_cast<std::size_t>(-n));
    n = llama_tokenize(vocab(), text.data(), length, tokens.data(), -n, add_special, parse_special);
  }
  if (n < 0) throw InvalidArgument("text of " + std::to_string(length) + " bytes cannot be tokenised");
  tokens.resize(static_cast<std::size_t>(n));
  return tokens;
}

std::string Model::piece(Token token, bool special) const {
  char buffer[128];
  int n = llama_token_to_piece(vocab(), token, buffer, sizeof buffer, 0, special);
  if (n >= 0) return {buffer, static_cast<std::size_t>(n)};
  std::string large(static_cast<std::size_t>(-n), '\0');
  n = llama_token_to_piece(vocab(), token, large.data(), -n, 0, special);
  return large.substr(0, static_cast<std::size_t>(n));
}

bool Model::is_end_of_generation(Token token) const { return llama_vocab_is_eog(vocab(), token); }

void Model::check(const std::vector<Token>& tokens) const {
  for (const Token token : tokens) {
    if (token >= 0 && token < info_.n_vocab) continue;
    throw InvalidArgument("token " + std::to_string(token) + " is not in the vocabulary of " +
                          std::to_string(info_.n_vocab));
  }
}

}  // namespace electron_local
