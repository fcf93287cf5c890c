#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autograd/exchange.h"
#include "autograd/leaves.h"
#include "autonet/autograd/program.h"

namespace autonet::internal {

/// Steps of a program that are run leaf by leaf: all of them for one leaf of the batch, while its
/// numbers are in cache, before the next. Each worker takes whole parts of the batch (leaves.h), so
/// the workers meet once for all the steps.
///
/// Values that only these steps read exist for one leaf at a time, in memory of the worker's own.
///
/// With a Collective each process runs some of the parts, and gets the other parts' results from
/// the others.
class LeafRun {
 public:
  /// Where a value of the group lies.
  struct Place {
    enum class Kind {
      fixed,  ///< all of an array, the same for each leaf
      cut,    ///< the leaf's entries of an array of the whole batch
      own,    ///< in the memory of the worker, with the entries of one leaf
      sum,    ///< a sum over the batch, whose parts are kept
    };
    Kind kind = Kind::fixed;
    int axis = -1;           // of the examples
    Array array = {};        // the whole array; for `own` its layout
    std::size_t offset = 0;  // of the first number in the worker's memory, in bytes
    std::size_t sum = 0;     // which sum
  };
  struct Inner {
    std::shared_ptr<const Op> op;
    std::shared_ptr<const FusedOp> fused;
    std::vector<Place> inputs = {};
    std::vector<Place> outputs = {};
  };

  /// `own_bytes`: of the values in the memory of one worker. `sums`: the arrays for the sums.
  /// `collective`: the processes that share the work, or null; `rows`: arrays with a row for each
  /// example that every process then needs whole.
  LeafRun(Context& context, Index examples, std::vector<Inner> steps, std::size_t own_bytes,
          std::vector<Array> sums, Collective* collective, std::vector<Array> rows);

  /// Runs all steps for all leaves. If `seconds` is not empty, adds the time that step i took, for
  /// all leaves and divided by the number of workers, to seconds[i]. With a Collective it runs the
  /// own leaves and begins to exchange the results; without `exchange` it does not, and they stay
  /// meaningless.
  void run(Context& context, std::span<double> seconds, bool exchange = true);
  /// With a Collective: waits for the rows, or the sums, of the last run.
  void finish_rows();
  void finish_sums();

  /// Gives runs of one program, of which one at a time is active, their memory: that of the
  /// largest.
  static void share_memory(std::span<const std::shared_ptr<LeafRun>> runs);
  /// Bytes of the memory that it shares: those of all workers, and the parts of the sums.
  std::size_t shared_bytes() const;
  /// Bytes of its copies of inputs, and of the sums that it sends and gets.
  std::size_t more_bytes() const;

 private:
  /// An input that is the same for all leaves and does not lie in order, as a transposed weight
  /// matrix: it is copied once, so that not every leaf must gather it.
  struct Copy {
    Array from;
    Array to;
  };
  struct Memory {
    std::vector<Array> workers;  // of each: values of one leaf, then one sum of each kind
    Array parts;                 // of the sums, one sum after the other
  };
  /// What a worker has for itself.
  struct Worker {
    std::byte* memory = nullptr;
    std::vector<std::vector<Array>> inputs;   // of each step
    std::vector<std::vector<Array>> outputs;  // of each step
    std::vector<double> seconds;              // of each step
  };
  std::byte* parts_of(std::size_t sum) const;
  Array at(const Place& place, Worker& worker, Index part, Index leaf) const;
  void run_leaf(Context& own, Worker& worker, Index part, Index leaf, bool timed);

  Leaves leaves_;
  Share share_;  // the parts that this process runs
  std::optional<RowExchange> row_exchange_;
  std::optional<SumExchange> sum_exchange_;
  std::vector<Inner> steps_;
  std::vector<Array> sums_;
  std::size_t own_bytes_;                   // of the memory of a worker that it uses
  std::size_t parts_bytes_ = 0;             // of the parts
  std::vector<std::size_t> sum_offsets_;    // in a worker's memory
  std::vector<std::size_t> parts_offsets_;  // in the memory of the parts
  std::shared_ptr<Memory> memory_;
  std::vector<Worker> workers_;
  std::vector<Copy> copies_;
};

}  // namespace autonet::internal
