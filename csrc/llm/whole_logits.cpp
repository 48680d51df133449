#include "llm/whole_logits.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace electron_local {

void serve_logits(Job& job, BatchDecoder& decoder, PrefixCache& cache, int n_vocab) {
  cache.clear();
  const std::optional<Lease> lease = cache.acquire(job.sequence.tokens());
  const auto n_tokens = static_cast<int>(job.sequence.tokens().size());
  try {
    std::vector<float> out;
    out.reserve(static_cast<std::size_t>(n_tokens) * static_cast<std::size_t>(n_vocab));
    for (int first = 0; first < n_tokens; first += decoder.n_batch()) {
      const int n = std::min(decoder.n_batch(), n_tokens - first);
      const BatchPart part{lease->id, &job.sequence.tokens(), first, n, true};
      if (decoder.decode({part}, nullptr) != DecodeResult::kOk)
        throw DecodeError("no room for a batch of logits");
      for (int i = 0; i < n; ++i) out.insert(out.end(), decoder.logits(i), decoder.logits(i) + n_vocab);
    }
    job.logits->set_value(std::move(out));
  } catch (...) {
    job.logits->set_exception(std::current_exception());
  }
  job.generation->finish(FinishReason::kStop, {});
  decoder.drop(lease->id);
  cache.release(lease->id, {}, 0);
}

}  // namespace electron_local
