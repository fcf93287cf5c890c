#pragma once

#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/program.h"
#include "autonet/ops/window.h"

namespace autonet::cli {

/// One step of a program, in words.
struct StepReport {
  int number = 0;                   // from 1
  bool backward = false;            // part of the backward pass
  std::string layer;                // of its first call
  std::vector<std::string> layers;  // of all its calls
  std::string calls;                // "conv2d + add + relu"
  std::string rule;     // "y = convolve(x, flip(w), 1)", "rule of matmul, input 0", or empty
  std::string routine;  // that sums its products: "winograd"; empty where there are none
  std::string shape;    // of the largest output
  double multiply_adds = 0.0;
  double bytes = 0.0;               // read and written
  std::vector<int> reads;           // numbers of the steps whose outputs it reads
  std::vector<std::string> leaves;  // names of the parameters and inputs that it reads
  std::vector<int> reuses;          // numbers of the earlier steps whose memory it overwrites
  // Of its outputs in the arena, in bytes; none for values of one leaf at a time.
  std::vector<std::optional<std::size_t>> offsets;
  std::vector<std::size_t> bytes_held;  // by each output, for the whole batch
  int leaf_group = -1;                  // Step::leaf_group
};

std::vector<StepReport> report_of(const Program& program);

/// The last argument of convolve(): "1", or "[[1,2],[0,0]]" for uneven margins, followed by
/// everything that is not 1: "1, stride 2, groups 4".
std::string window_text(const Window& window);

/// The rule that a call follows. For convolutions it is one of the three rules of convolution, with
/// the window as its last argument.
std::string rule_text(const StepCall& call);

}  // namespace autonet::cli
