// A request for logits instead of an answer.
#pragma once

#include "llm/batch_decoder.h"
#include "llm/cache/prefix_cache.h"
#include "llm/job.h"

namespace electron_local {

// Evaluates all tokens of the job without the cache, which is emptied, and fulfils `job.logits` with their
// rows. Nothing else may run.
void serve_logits(Job& job, BatchDecoder& decoder, PrefixCache& cache, int n_vocab);

}  // namespace electron_local
