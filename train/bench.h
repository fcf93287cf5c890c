#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/collective.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/program.h"
#include "autonet/models/model.h"

namespace autonet::internal {

struct BenchOptions {
  std::optional<Index> batch;  // default: the model's
  double seconds = 3.0;        // length of the measurement
  /// Bytes that this process has allocated so far; null: not counted.
  std::uint64_t (*allocated_bytes)() = nullptr;
  /// The processes that share each step, all of which measure at the same time; null: this one
  /// alone.
  Collective* collective = nullptr;
};

/// The time and work of one step of the program.
struct StepTime {
  std::string label;
  std::string layer;
  double seconds = 0.0;  // median
  double multiply_adds = 0.0;
  double bytes = 0.0;  // read and written
};

struct BenchResult {
  Index batch = 0;
  Index steps = 0;  // measured
  double images_per_second = 0.0;
  double step_seconds = 0.0;   // median
  double step_low = 0.0;       // tenth and
  double step_high = 0.0;      // ninetieth percentile
  double multiply_adds = 0.0;  // of a step, forward and backward
  double flops = 0.0;          // per second; a multiply-add counts as two
  double peak_flops = 0.0;     // measured on the same number of threads
  std::string instruction_set;
  std::optional<std::uint64_t> allocated;  // bytes, in all measured steps
  std::vector<StepTime> parts;             // the program's steps, then the update
};

/// Measures whole training steps (forward, backward, the optimizer's update) on random images that
/// stay in memory.
BenchResult bench(const Model& model, Context& context, const BenchOptions& options);

/// The same for predictions: the images of a batch are copied into the program, and the model's
/// answers computed. Uses one process.
BenchResult bench_prediction(const Model& model, Context& context, const BenchOptions& options);

}  // namespace autonet::internal
