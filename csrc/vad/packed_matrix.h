// The one product that every layer of the network is made of.
#pragma once

#include <vector>

#include "base/aligned.h"

namespace electron_local {

// An immutable matrix of `n_out` rows and `n_in` columns with a bias a row, stored for the product: blocks of
// 64 rows, in each block column after column. Shared by threads.
class PackedMatrix {
 public:
  static constexpr int kBlockRows = 64;

  // `weight`: [n_out][n_in] row-major. n_out is a multiple of 64.
  PackedMatrix(int n_out, int n_in, const float* weight, const float* bias);

  int n_in() const { return n_in_; }
  int n_out() const { return n_out_; }

  // out[t][row] = bias[row] + sum over j of weight[row][j] * in[j][t], for t in [0, n_vectors); n_vectors is
  // 1, 2 or 4. The sum runs in the order of j, one fused or plain multiply-add each, whatever the instruction
  // set.
  void multiply(const float* in, int n_vectors, float* out) const;

 private:
  int n_in_;
  int n_out_;
  AlignedValues<float> weight_;  // [n_out / 64][n_in][64]
  std::vector<float> bias_;      // [n_out]
};

}  // namespace electron_local
