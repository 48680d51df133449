// A GGUF model: its weights (memory-mapped) and its vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/llama_api.h"
#include "llm/types.h"

namespace electron_local {

struct ModelInfo {
  std::string name;           // general.name, else the file's name
  std::string architecture;   // general.architecture
  std::string description;    // libllama's one line: architecture, size, quantisation
  std::string chat_template;  // empty: none
  std::string bos_token;      // empty: none
  std::string eos_token;
  std::vector<Token> end_of_generation;
  std::vector<std::string> control_tokens;         // texts that `parse_special` turns into control tokens
  std::vector<std::string> user_defined_tokens;    // texts that are one token wherever they stand
  std::vector<std::string> left_stripping_tokens;  // of both kinds: take the blanks before them
  bool judges_end_of_turn = false;  // trained to give the end-of-turn token behind whole requests of users
  bool judges_tools_alone = false;  // says of a tool by itself more surely than of several whether it fits
  // What it says where its instructions do not answer a question; else it says the sentence that does. It
  // judges each sentence alone more surely. Empty: it is no such model.
  std::string unknown_answer;
  std::int64_t n_params = 0;
  std::int64_t size_bytes = 0;
  int n_ctx_train = 0;
  int n_vocab = 0;
  int n_layer = 0;
  int n_head = 0;                  // 1 where there is none
  bool has_own_attention = false;  // this package's, under flash attention
  std::int64_t kv_bytes =
      0;  // keys and values of one token as f16; windows and recurrent layers count in full
};

// Immutable after construction: any thread may tokenise. Outlives every Decoder made from it.
class Model final : public Vocabulary {
 public:
  // Throws ModelLoadError with what is wrong with the file. `lora`: path of an adapter, or empty.
  Model(const std::string& path, bool use_extra_bufts, const std::string& lora = "");

  const ModelInfo& info() const { return info_; }
  llama_model* get() const { return handle_.get(); }
  llama_adapter_lora* lora() const { return lora_.get(); }  // nullptr: none

  std::vector<Token> tokenize(const std::string& text, bool add_special, bool parse_special) const;

  int n_vocab() const override { return info_.n_vocab; }
  std::string piece(Token token, bool special) const override;
  bool is_end_of_generation(Token token) const override;

  // Throws InvalidArgument for an id outside the vocabulary.
  void check(const std::vector<Token>& tokens) const;

 private:
  const llama_vocab* vocab() const { return llama_model_get_vocab(handle_.get()); }

  ModelHandle handle_;
  AdapterHandle lora_;
  ModelInfo info_;
};

}  // namespace electron_local
