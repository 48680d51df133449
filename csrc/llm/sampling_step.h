// The step from logits to text of one request.
#pragma once

#include "llm/batch_decoder.h"
#include "llm/job.h"

namespace electron_local {

// Picks the next token under the job's sampler and constraint, then takes what the grammar forces behind it:
// all of it is pending then and goes into the next batch. Nothing is picked where the job `is_asking` then. A
// constraint that cannot go on becomes the job's `failure`.
void sample_next(Job& job, const float* logits, const Vocabulary& vocabulary);

// The same behind a batch that held `job.guesses` after the pending tokens, whose last one's logits stand in
// row `row`: goes on as long as what is picked or forced was guessed, and so is evaluated already. Memory
// holds the other guesses still. Returns how many were right.
int sample_guessed(Job& job, const BatchDecoder& decoder, int row, const Vocabulary& vocabulary);

}  // namespace electron_local
