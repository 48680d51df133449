#include "llm/prefill_upkeep.h"

#include <algorithm>

namespace electron_local {
namespace {

constexpr std::size_t kMaxTails = 64;  // more conversations than any live cache keeps

bool is_complete(const Job& job) { return !job.generates && !job.failure && job.sequence.n_pending() == 0; }

}  // namespace

void PrefillUpkeep::adopt_into(PrefixCache& cache) {
  if (snapshots_ != nullptr) snapshots_->adopt_into(cache);
}

bool PrefillUpkeep::must_wait(const Job& job, const PrefixCache& cache) {
  return snapshots_ != nullptr &&
         snapshots_->is_fetching_for(job.sequence.tokens(), cache, decoder_.can_trim());
}

void PrefillUpkeep::wait_for_reads() {
  if (snapshots_ != nullptr) snapshots_->wait_for_reads();
}

void PrefillUpkeep::before_start(const Job& job, PrefixCache& cache) {
  const auto tail = std::find_if(tails_.begin(), tails_.end(),
                                 [&](const auto& entry) { return entry.first == job.conversation; });
  if (tail == tails_.end()) return;
  const std::vector<Token>& before = tail->second;
  const std::vector<Token>& now = job.sequence.tokens();
  const auto n = static_cast<std::ptrdiff_t>(std::min(before.size(), now.size()));
  const auto differs = std::mismatch(before.begin(), before.begin() + n, now.begin()).first;
  cache.roll_back(before, static_cast<int>(differs - before.begin()));
  tails_.erase(tail);
}

void PrefillUpkeep::before_release(const Job& job) {
  if (!job.pins || !is_complete(job) || snapshots_ == nullptr) return;
  const std::vector<Token>& tokens = job.sequence.tokens();
  if (snapshots_->has(tokens)) return;
  snapshots_->keep(tokens, decoder_.save(job.id, 0, snapshots_->n_most_bytes()));
}

void PrefillUpkeep::after_release(const Job& job, PrefixCache& cache) {
  const std::vector<Token>& tokens = job.sequence.tokens();
  if (job.pins && is_complete(job)) cache.pin(tokens);
  if (job.conversation.empty() || job.generates) return;
  tails_.emplace_back(job.conversation,
                      std::vector<Token>(tokens.begin(), tokens.begin() + job.sequence.n_evaluated()));
  if (tails_.size() > kMaxTails) tails_.pop_front();
}

}  // namespace electron_local
