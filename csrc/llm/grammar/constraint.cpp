#include "llm/grammar/constraint.h"

#include <utility>

namespace electron_local {
namespace {

std::string key_of(const GrammarSpec& spec) {
  return static_cast<char>('0' + static_cast<int>(spec.kind)) + spec.text;
}

}  // namespace

ConstraintFactory::ConstraintFactory(std::shared_ptr<GrammarCompiler> compiler, std::size_t n_most,
                                     std::size_t n_bytes_most)
    : compiler_(std::move(compiler)), n_most_(n_most), n_bytes_most_(n_bytes_most) {}

std::unique_ptr<Constraint> ConstraintFactory::make(const GrammarSpec& spec) {
  return grammar(spec)->start();
}

std::shared_ptr<Grammar> ConstraintFactory::grammar(const GrammarSpec& spec) {
  std::string key = key_of(spec);
  std::shared_ptr<Grammar> grammar = find(key);
  if (!grammar) {
    grammar = compiler_->compile(spec);
    keep(std::move(key), grammar);
  }
  return grammar;
}

ConstraintStats ConstraintFactory::stats() const {
  std::lock_guard<std::mutex> lock(mutex_);
  ConstraintStats stats = stats_;
  stats.n_grammars = entries_.size();
  return stats;
}

std::shared_ptr<Grammar> ConstraintFactory::find(const std::string& key) {
  std::lock_guard<std::mutex> lock(mutex_);
  ++stats_.n_asked;
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    ++stats_.n_compiled;
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->grammar;
}

void ConstraintFactory::keep(std::string key, std::shared_ptr<Grammar> grammar) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (by_key_.count(key) != 0) return;
  n_bytes_ += key.size();
  entries_.push_front({std::move(key), std::move(grammar)});
  by_key_[entries_.front().key] = entries_.begin();
  evict();
}

void ConstraintFactory::evict() {
  while (entries_.size() > 1 && (entries_.size() > n_most_ || n_bytes_ > n_bytes_most_)) {
    n_bytes_ -= entries_.back().key.size();
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

}  // namespace electron_local
