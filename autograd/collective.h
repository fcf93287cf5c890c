#pragma once

#include <cstddef>
#include <span>

#include "autonet/autograd/error.h"

namespace autonet {

/// Processes, called ranks, that train one model together: all run the same programs, and each
/// computes its part of every batch. See docs/scaling.md.
///
/// The one operation is that every rank gets the blocks of all ranks. Blocks are bytes: sums are
/// added by the program, in an order that does not depend on the number of ranks.
class Collective {
 public:
  virtual ~Collective() = default;

  /// The number of this process, 0 … size() - 1.
  virtual int rank() const = 0;
  /// The number of processes.
  virtual int size() const = 0;

  /// Begins to give every rank the blocks of all ranks, and returns without waiting. Block r lies
  /// at memory + offsets[r], ends at memory + offsets[r + 1] and comes from rank r; so there are
  /// size() + 1 offsets, equal on all ranks. All ranks begin their exchanges in the same order. The
  /// memory may be read, and that of the own block also written, after finish() of the number that
  /// is returned. Throws CollectiveLost if a rank cannot be reached.
  virtual int begin(std::byte* memory, std::span<const std::size_t> offsets) = 0;
  /// Waits for the end of an exchange. Throws CollectiveLost if a rank cannot be reached.
  virtual void finish(int exchange) = 0;

  /// Gives every rank the blocks of all ranks.
  void gather(std::byte* memory, std::span<const std::size_t> offsets) {
    finish(begin(memory, offsets));
  }
  /// True on every rank if `here` is true on one of them. All ranks call it at the same time.
  bool any(bool here);

 protected:
  Collective() = default;
  Collective(const Collective&) = default;
  Collective& operator=(const Collective&) = default;
};

/// Another process of a Collective ended or cannot be reached.
class CollectiveLost : public Error {
 public:
  using Error::Error;
};

}  // namespace autonet
