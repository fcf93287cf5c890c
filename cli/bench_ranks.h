#pragma once

#include <optional>
#include <string>

#include "autonet/models/model.h"
#include "cli/command.h"
#include "cli/console.h"
#include "train/bench.h"
#include "train/scaling.h"

namespace autonet::cli {

/// Options of `bench` for training by several processes.
struct RankOptions {
  std::optional<int> ranks;
  bool simulate = false;
  double latency = 20.0;   // microseconds
  double bandwidth = 1.0;  // GB/s
};

void add_rank_options(CLI::App& command, RankOptions& options);

/// Prints what training on 1, 2, 4, … and options.ranks processes is expected to cost, each with
/// the context's threads.
void print_simulation(const Model& model, Context& context, Index batch, double seconds,
                      const RankOptions& options, bool json, Console& console);

/// What `bench` adds to its table when mpirun has started it several times.
std::string network_text(const internal::Network& network);

}  // namespace autonet::cli
