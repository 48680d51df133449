// The loops over a whole vocabulary, written so that compilers vectorise them. Pure.
#pragma once

#include <vector>

namespace electron_local {

// The index of the greatest value, the first of equal ones. NaN is never the greatest; 0 when nothing is.
int argmax(const float* values, int n);

// Relative probabilities: weights[i] = exp((logits[i] - best) / temperature), to the precision of float; 0
// below 1e-37 and for NaN. `block_sums` holds the sum of every kWeightBlock of them. Returns the sum of all.
// `temperature` is above 0; no logit is greater than `best`.
double exp_weights(const float* logits, int n, float best, float temperature, std::vector<float>& weights,
                   std::vector<double>& block_sums);

constexpr int kWeightBlock = 64;

// The index at which the running sum of `weights` exceeds `rest`, which lies below the sum of all.
int index_at(double rest, const std::vector<float>& weights, const std::vector<double>& block_sums);

}  // namespace electron_local
