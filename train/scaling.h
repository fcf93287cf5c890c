#pragma once

#include <vector>

#include "autonet/autograd/collective.h"
#include "autonet/autograd/context.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// What a training step costs each of several processes that share it.
struct RankCost {
  int ranks = 1;
  double compute_seconds = 0.0;  // of the process with the most parts of the batch; median
  Index exchanges = 0;           // with the other processes
  double bytes = 0.0;            // that a process gets from the others
};

/// How fast processes exchange blocks.
struct Network {
  double latency = 0.0;           // seconds, of one small message
  double bytes_per_second = 1e9;  // that a process gets
};

/// Measures the work of one process of `ranks`, on this machine alone: it runs its part of the
/// steps for about `seconds`, and what it would get from the others is counted and left 0.
RankCost simulate_rank(const Model& model, Context& context, Index batch, int ranks,
                       double seconds);

/// The time of the exchanges of a step, if no work is done meanwhile: a block reaches all processes
/// in log2(ranks) messages one after the other, and each process gets its bytes at the network's
/// speed.
double exchange_seconds(const RankCost& cost, const Network& network);

/// Measures a network by exchanges of a few bytes and of 1 MiB from each process. All processes
/// call it at the same time.
Network measure_network(Collective& ranks);

}  // namespace autonet::internal
