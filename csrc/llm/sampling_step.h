// The step from logits to text of one request.
#pragma once

#include "llm/batch_decoder.h"
#include "llm/job.h"

namespace electron_local {

// Picks the next token under the job's sampler and constraint, then takes what the grammar forces behind it:
// all of it is pending then and goes into the next batch. A constraint that cannot go on becomes the job's
// `failure`.
void sample_next(Job& job, const float* logits, const Vocabulary& vocabulary);

}  // namespace electron_local
