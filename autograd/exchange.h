#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "autograd/leaves.h"
#include "autonet/autograd/collective.h"

namespace autonet::internal {

/// The parts of a batch that a rank computes: first, and one behind the last.
struct Share {
  Index first = 0;
  Index end = 0;
};

/// Ranks take consecutive parts, as evenly as their number allows; with more ranks than parts some
/// take none.
Share share_of(const Leaves& leaves, int rank, int size);
/// The examples of those parts: first, and one behind the last.
Share examples_of(const Leaves& leaves, const Share& parts);

/// Gives every rank all rows of arrays whose axis 0 counts the examples of a batch, where each rank
/// has computed those of its own parts.
class RowExchange {
 public:
  /// The arrays are contiguous, and keep their memory.
  RowExchange(Collective& collective, const Leaves& leaves, std::vector<Array> arrays);
  void begin();
  void finish();

 private:
  Collective& collective_;
  std::vector<Array> arrays_;
  std::vector<std::vector<std::size_t>> offsets_;  // of the ranks' rows, for each array
  std::vector<int> running_;                       // exchanges
};

/// Sums over a batch whose parts are computed by several ranks. What travels are nodes of the
/// binary tree in which parts are added (see Leaves):
///
///     parts     0   1   2   3   4   5   6   7        3 ranks: parts 0 1, 2 3 4 and 5 6 7
///               \__/    \__/    |   |   \__/
///     nodes      01      23     4   5    67          each rank sends the sums of its nodes
///
/// Every rank then adds the nodes in the order of the tree. So the sums have the same bits on all
/// ranks and for any number of them.
class SumExchange {
 public:
  SumExchange(Collective& collective, const Leaves& leaves, std::vector<Array> sums);
  /// Adds up the own parts to nodes, and begins to send them. `parts`: of each sum, its parts one
  /// after the other, part_bytes() apart; those of other ranks are not read.
  void begin(Context& context, std::span<std::byte* const> parts);
  /// Waits for the nodes of the others, and adds all to the sums.
  void finish();
  /// Bytes of its memory.
  std::size_t bytes() const { return memory_.type().bytes(); }

 private:
  struct Node {
    Index first;  // part
    Index width;  // parts
  };
  Array sum_of(std::size_t node, std::size_t sum);
  std::size_t add_nodes(Index width, std::size_t& next, std::size_t sum);

  Collective& collective_;
  Leaves leaves_;
  std::vector<Array> sums_;
  std::vector<std::size_t> sum_offsets_;  // within the memory of a node
  std::size_t node_bytes_ = 0;
  std::vector<Node> nodes_;           // in the order of their parts
  std::vector<std::size_t> offsets_;  // of the ranks' nodes
  std::size_t own_begin_ = 0;         // the first own node
  std::size_t own_end_ = 0;
  Array memory_;  // of all nodes
  int running_ = -1;
};

}  // namespace autonet::internal
