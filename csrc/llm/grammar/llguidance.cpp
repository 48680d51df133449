#include "llm/grammar/llguidance.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.h"
#include "llm/grammar/llguidance_library.h"

namespace electron_local {
namespace {

constexpr std::size_t kMostForced = 256;  // tokens in one run; the next call gives the rest
constexpr std::size_t kMessageBytes = 1024;
constexpr char kSpecialMarker = '\xff';

// What the caller can use of a message: not the grammar's dump, not the stack of a failed assertion.
std::string readable(std::string message) {
  for (const char* rest : {"\n<non-verbose/>", "\n<backtrace>"})
    message = message.substr(0, message.find(rest));
  if (message == "NoExtensionBias") return "nothing satisfies it";
  const std::string panic = "panic: ";
  if (message.compare(0, panic.size(), panic) != 0) return message;
  return "too large or too ambiguous (" + message.substr(panic.size()) + ")";
}

// The library and the vocabulary in its form. Shared by all that is made from it; immutable.
class Context {
 public:
  Context(const std::string& path, std::shared_ptr<const GrammarVocabulary> shared)
      : library(path), vocabulary(std::move(shared)) {
    std::vector<std::uint32_t> lengths;
    std::string bytes;
    for (const GrammarToken& token : vocabulary->tokens()) {
      const bool is_marked = token.is_special && !token.bytes.empty();
      lengths.push_back(static_cast<std::uint32_t>(token.bytes.size() + (is_marked ? 1 : 0)));
      if (is_marked) bytes += kSpecialMarker;
      bytes += token.bytes;
    }
    const std::vector<Token>& ends = vocabulary->end_of_generation();
    const std::vector<std::uint32_t> extra(ends.begin() + 1, ends.end());
    LlgTokenizerInit init = {};
    init.struct_size = sizeof init;
    init.vocab_size = static_cast<std::uint32_t>(lengths.size());
    init.tok_eos = static_cast<std::uint32_t>(ends.front());
    init.token_lens = lengths.data();
    init.token_bytes = reinterpret_cast<const std::uint8_t*>(bytes.data());
    init.tokenize_assumes_string = true;
    init.tokenize_fn = tokenize;
    init.tokenize_user_data = vocabulary.get();
    init.tok_eos_extra = extra.data();
    init.tok_eos_extra_count = static_cast<std::uint32_t>(extra.size());
    char message[kMessageBytes] = {};
    tokenizer = library.new_tokenizer_v2(&init, message, sizeof message);
    if (tokenizer == nullptr) throw Error(std::string("llguidance refuses the vocabulary: ") + message);
  }
  ~Context() { library.free_tokenizer(tokenizer); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const LlguidanceLibrary library;
  const std::shared_ptr<const GrammarVocabulary> vocabulary;
  LlgTokenizer* tokenizer = nullptr;

 private:
  // An exception must not reach the library: no tokens then, which forces nothing.
  static std::size_t tokenize(const void* user_data, const std::uint8_t* bytes, std::size_t n_bytes,
                              std::uint32_t* out, std::size_t n_most) {
    try {
      const auto* vocabulary = static_cast<const GrammarVocabulary*>(user_data);
      const std::vector<Token> tokens = vocabulary->tokenize({reinterpret_cast<const char*>(bytes), n_bytes});
      std::copy_n(tokens.begin(), std::min(n_most, tokens.size()), out);
      return tokens.size();
    } catch (...) {
      return 0;
    }
  }
};

// A matcher and what it needs to live.
class Matcher {
 public:
  Matcher(std::shared_ptr<const Context> context, LlgMatcher* handle)
      : context_(std::move(context)), handle_(handle) {}
  ~Matcher() { context_->library.free_matcher(handle_); }
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  LlgMatcher* get() const { return handle_; }
  const LlguidanceLibrary& library() const { return context_->library; }
  const GrammarVocabulary& vocabulary() const { return *context_->vocabulary; }

  // Empty: none.
  std::string error() const {
    const char* message = library().matcher_get_error(handle_);
    return message == nullptr ? std::string() : readable(message);
  }

  std::size_t n_mask_words() const { return (static_cast<std::size_t>(vocabulary().size()) + 31) / 32; }

  // The mask of the present state. Below 0: an error.
  std::int32_t compute(std::vector<std::uint32_t>& mask) {
    return library().matcher_compute_mask_into(handle_, mask.data(), mask.size() * sizeof mask[0]);
  }

  std::unique_ptr<Matcher> clone() const {
    return std::make_unique<Matcher>(context_, library().clone_matcher(handle_));
  }

 private:
  std::shared_ptr<const Context> context_;
  LlgMatcher* handle_;
};

// A fresh state to clone. A used one is not reset for another answer: the library keeps its last mask, by
// depth and lexer state alone, and would give it where a different text has led to the same two.
class LlguidanceGrammar final : public Grammar {
 public:
  explicit LlguidanceGrammar(std::unique_ptr<Matcher> fresh) : fresh_(std::move(fresh)) {}

  std::unique_ptr<Constraint> start() override;

 private:
  std::mutex mutex_;  // guards what follows
  const std::unique_ptr<const Matcher> fresh_;
};

class LlguidanceConstraint final : public Constraint {
 public:
  explicit LlguidanceConstraint(std::unique_ptr<Matcher> matcher)
      : matcher_(std::move(matcher)), mask_(matcher_->n_mask_words()) {}

  bool allows(Token token) override {
    if (matcher_->vocabulary().is_end_of_generation(token)) return is_complete();
    if (ended_ || !matcher_->vocabulary().contains(token)) return false;
    const auto id = static_cast<std::uint32_t>(token);
    return check(library().matcher_validate_tokens(matcher_->get(), &id, 1)) == 1;
  }

  void accept(Token token) override {
    const bool is_end = matcher_->vocabulary().is_end_of_generation(token);
    if (!matcher_->vocabulary().contains(token) || (is_end ? ended_ || !is_complete() : is_finished())) {
      throw DecodeError("token " + std::to_string(token) + " is not allowed by the grammar");
    }
    if (is_end) {
      ended_ = true;
    } else {
      check(library().matcher_consume_token(matcher_->get(), static_cast<std::uint32_t>(token)));
    }
  }

  const std::uint32_t* mask() override {
    check(matcher_->compute(mask_));
    return mask_.data();
  }

  std::vector<Token> forced() override {
    if (is_finished()) return {};
    std::uint32_t tokens[kMostForced];
    const auto n = check(library().matcher_compute_ff_tokens(matcher_->get(), tokens, kMostForced));
    return {tokens, tokens + n};
  }

  bool is_complete() const override {
    return is_finished() || library().matcher_is_accepting(matcher_->get());
  }

  bool is_finished() const override { return ended_ || library().matcher_is_stopped(matcher_->get()); }

  std::unique_ptr<Constraint> clone() const override {
    auto copy = std::make_unique<LlguidanceConstraint>(matcher_->clone());
    copy->ended_ = ended_;
    return copy;
  }

 private:
  const LlguidanceLibrary& library() const { return matcher_->library(); }

  std::int32_t check(std::int32_t result) const {
    if (result >= 0) return result;
    throw InvalidArgument("the grammar cannot go on: " + matcher_->error());
  }

  std::unique_ptr<Matcher> matcher_;
  std::vector<std::uint32_t> mask_;
  bool ended_ = false;  // an end-of-generation token was accepted; the matcher has not seen it
};

std::unique_ptr<Constraint> LlguidanceGrammar::start() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::make_unique<LlguidanceConstraint>(fresh_->clone());
}

const char* kind_name(GrammarSpec::Kind kind) {
  switch (kind) {
    case GrammarSpec::Kind::kJsonObject:
      return "json_object";
    case GrammarSpec::Kind::kJsonSchema:
      return "json_schema";
    case GrammarSpec::Kind::kRegex:
      return "regex";
    case GrammarSpec::Kind::kLark:
      return "lark";
  }
  throw InvalidArgument("grammar kind " + std::to_string(static_cast<int>(kind)) + " is unknown");
}

class LlguidanceCompiler final : public GrammarCompiler {
 public:
  explicit LlguidanceCompiler(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

  std::shared_ptr<Grammar> compile(const GrammarSpec& spec) override {
    if (spec.text.find('\0') != std::string::npos)
      throw InvalidArgument("a grammar must not hold a NUL byte");
    LlgConstraintInit init = {};
    context_->library.constraint_init_set_defaults(&init, context_->tokenizer);
    init.log_buffer_level = 0;
    init.log_stderr_level = 0;
    init.limits.verbose_errors = false;
    auto matcher = std::make_unique<Matcher>(
        context_, context_->library.new_matcher(&init, kind_name(spec.kind), spec.text.c_str()));
    // The first mask: shows a grammar that nothing satisfies, and warms what is cloned.
    std::vector<std::uint32_t> mask(matcher->n_mask_words());
    if (!matcher->error().empty() || matcher->compute(mask) < 0) refuse(*matcher);
    check_first_object(*matcher, mask);
    return std::make_shared<LlguidanceGrammar>(std::move(matcher));
  }

 private:
  [[noreturn]] static void refuse(const Matcher& matcher) {
    throw InvalidArgument("this grammar cannot be enforced: " + matcher.error());
  }

  // An object with more optional properties than the library can choose among shows that behind its brace.
  // `mask`: to work in.
  void check_first_object(const Matcher& fresh, std::vector<std::uint32_t>& mask) const {
    const std::vector<Token> tokens = context_->vocabulary->tokenize("{");
    if (tokens.size() != 1) return;
    const LlguidanceLibrary& library = context_->library;
    const auto brace = static_cast<std::uint32_t>(tokens.front());
    const std::unique_ptr<Matcher> copy = fresh.clone();
    if (library.matcher_validate_tokens(copy->get(), &brace, 1) != 1) return;
    if (library.matcher_consume_token(copy->get(), brace) < 0) refuse(*copy);
    if (!library.matcher_is_stopped(copy->get()) && copy->compute(mask) < 0) refuse(*copy);
  }

  std::shared_ptr<const Context> context_;
};

}  // namespace

std::shared_ptr<GrammarCompiler> make_llguidance_compiler(
    const std::string& library_path, std::shared_ptr<const GrammarVocabulary> vocabulary) {
  return std::make_shared<LlguidanceCompiler>(
      std::make_shared<const Context>(library_path, std::move(vocabulary)));
}

}  // namespace electron_local
