#include "llm/grammar/lazy_constraint.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

// A marker that is one token, special or not, is that token.
std::vector<Token> tokenize_marker(const GrammarVocabulary& vocabulary, const std::string& marker) {
  for (Token token = 0; token < vocabulary.size(); ++token) {
    if (vocabulary.tokens()[static_cast<std::size_t>(token)].bytes == marker) return {token};
  }
  return vocabulary.tokenize(marker);
}

std::string text_of(const GrammarVocabulary& vocabulary, const std::vector<Token>& tokens) {
  std::string text;
  for (const Token token : tokens) text += vocabulary.tokens()[static_cast<std::size_t>(token)].bytes;
  return text;
}

std::string last(const std::string& text, std::size_t n) {
  return text.substr(text.size() - std::min(text.size(), n));
}

}  // namespace

LazyConstraint::LazyConstraint(std::shared_ptr<const GrammarVocabulary> vocabulary, LazyOptions options,
                               std::function<std::unique_ptr<Constraint>()> start)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      start_(std::move(start)),
      marker_tokens_(tokenize_marker(*vocabulary_, options_.marker)),
      mask_((static_cast<std::size_t>(vocabulary_->size()) + 31) / 32) {
  if (options_.marker.empty()) throw InvalidArgument("the marker is empty");
  if (options_.span_open.empty() != options_.span_close.empty()) {
    throw InvalidArgument("a span needs both a text that opens it and one that closes it");
  }
  if (!options_.span_open.empty()) state_.span = options_.is_in_span ? Span::kInside : Span::kMayBegin;
  if (options_.n_least > 0 && text_of(*vocabulary_, marker_tokens_) != options_.marker) {
    throw InvalidArgument("the vocabulary cannot spell the marker '" + options_.marker + "' that must come");
  }
}

std::string LazyConstraint::joined(Token token) const {
  return state_.tail + vocabulary_->tokens()[static_cast<std::size_t>(token)].bytes;
}

bool LazyConstraint::allows(Token token) {
  if (state_.ended || !vocabulary_->contains(token)) return false;
  if (vocabulary_->is_end_of_generation(token)) return is_complete();
  if (is_finished()) return false;
  if (state_.grammar) return state_.grammar->allows(token);
  if (state_.span == Span::kInside) return true;
  const std::string text = joined(token);
  const std::size_t at = text.find(options_.marker);
  return at == std::string::npos || at + options_.marker.size() == text.size();
}

void LazyConstraint::accept(Token token) {
  const bool is_end = vocabulary_->is_end_of_generation(token);
  if ((is_end || !state_.grammar) && !allows(token)) {
    throw DecodeError("token " + std::to_string(token) + " is not allowed here");
  }
  if (is_end) {
    state_.ended = true;
  } else if (state_.grammar) {
    state_.grammar->accept(token);
    if (state_.grammar->is_finished()) {
      state_.grammar = nullptr;
      ++state_.n_runs;
    }
  } else {
    accept_free(token);
  }
  offered_marker_ = false;
}

void LazyConstraint::look_for_span(const std::string& bytes) {
  state_.beginning += bytes;
  const std::string& open = options_.span_open;
  const std::size_t start = state_.beginning.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return;
  const std::string text = state_.beginning.substr(start);
  if (text.compare(0, open.size(), open) == 0) {
    state_.span = Span::kInside;
    state_.tail = last(text.substr(open.size()), options_.span_close.size() - 1);
  } else if (open.compare(0, text.size(), text) != 0) {
    state_.span = Span::kOver;
  }
}

void LazyConstraint::accept_in_span(Token token) {
  const std::string text = joined(token);
  const std::size_t at = text.find(options_.span_close);
  state_.n_marker = 0;
  if (at == std::string::npos) {
    state_.tail = last(text, options_.span_close.size() - 1);
  } else {
    state_.span = Span::kOver;
    state_.tail = last(text.substr(at + options_.span_close.size()), options_.marker.size() - 1);
  }
}

void LazyConstraint::accept_free(Token token) {
  if (offered_marker_) state_.span = Span::kOver;
  if (state_.span == Span::kInside) {
    accept_in_span(token);
    return;
  }
  const bool goes_on = state_.n_marker > 0 || offered_marker_;
  if (goes_on && token == marker_tokens_[state_.n_marker]) {
    ++state_.n_marker;
  } else {
    state_.n_marker = 0;
  }
  std::string text = joined(token);
  if (text.find(options_.marker) != std::string::npos) {
    state_.grammar = start_();
    state_.tail.clear();
    state_.n_marker = 0;
    return;
  }
  if (state_.n_marker == marker_tokens_.size()) state_.n_marker = 0;
  state_.tail = last(text, options_.marker.size() - 1);
  if (state_.span == Span::kMayBegin)
    look_for_span(vocabulary_->tokens()[static_cast<std::size_t>(token)].bytes);
}

// The free text does not end in the middle of a marker.
bool LazyConstraint::may_begin_marker() const {
  for (std::size_t n = 1; n <= state_.tail.size(); ++n) {
    if (options_.marker.compare(0, n, state_.tail, state_.tail.size() - n, n) == 0) return false;
  }
  return true;
}

const std::uint32_t* LazyConstraint::mask() {
  if (state_.grammar) return state_.grammar->mask();
  std::fill(mask_.begin(), mask_.end(), 0u);
  const auto allow = [this](Token token) {
    mask_[static_cast<std::size_t>(token) / 32] |= 1u << (static_cast<unsigned>(token) % 32);
  };
  offered_marker_ = owes_run() && may_begin_marker();
  if (offered_marker_) {
    allow(marker_tokens_[0]);
    return mask_.data();
  }
  for (Token token = 0; token < vocabulary_->size(); ++token) {
    const bool is_generated = !vocabulary_->tokens()[static_cast<std::size_t>(token)].bytes.empty();
    if (is_generated && allows(token)) allow(token);
  }
  if (is_complete()) {
    for (const Token token : vocabulary_->end_of_generation()) allow(token);
  }
  return mask_.data();
}

std::vector<Token> LazyConstraint::forced() {
  if (state_.ended) return {};
  if (state_.grammar) return state_.grammar->forced();
  if (state_.n_marker == 0) return {};
  return {marker_tokens_.begin() + static_cast<std::ptrdiff_t>(state_.n_marker), marker_tokens_.end()};
}

bool LazyConstraint::is_complete() const { return !state_.grammar && !owes_run(); }

bool LazyConstraint::is_finished() const {
  const bool had_all = options_.n_most > 0 && state_.n_runs >= options_.n_most;
  return state_.ended || (!state_.grammar && had_all);
}

std::unique_ptr<Constraint> LazyConstraint::clone() const {
  auto copy = std::make_unique<LazyConstraint>(*this);
  if (state_.grammar) copy->state_.grammar = state_.grammar->clone();
  return copy;
}

}  // namespace electron_local
