// What the model thought of a token, before temperature, penalties and grammar.
#pragma once

#include "llm/types.h"

namespace electron_local {

// Natural log-probabilities under the softmax of `logits` (n_vocab values): of `token`, and of the `n_top`
// likeliest tokens, best first.
TokenLogprobs log_probabilities(const float* logits, int n_vocab, Token token, int n_top);

}  // namespace electron_local
