#pragma once

#include <atomic>
#include <memory>

#include "autonet/autograd/collective.h"

namespace autonet {

/// The processes that mpirun or another starter of the Message Passing Interface started:
///
///     MpiRanks ranks;
///     fit(model, examples, context, {.checkpoint = "net.npz", .collective = &ranks});
///
/// One object at a time; only the thread that made it uses it. Component autonet::mpi. See
/// docs/scaling.md.
class MpiRanks final : public Collective {
 public:
  /// Begins to use MPI, unless the host program has done so. With `stop`, a flag that the host
  /// sets when the process is to end, an exchange that is still waiting a moment after the flag was
  /// set throws CollectiveLost: mpirun ends the others by SIGTERM if one of them dies. Throws Error
  /// if MPI cannot be used.
  explicit MpiRanks(const std::atomic<bool>* stop = nullptr);
  /// Ends the use of MPI if the constructor began it, after waiting for all ranks. If an exception
  /// is on its way it does not wait, and mpirun then ends the other ranks.
  ~MpiRanks() override;
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  int rank() const override;
  int size() const override;
  int begin(std::byte* memory, std::span<const std::size_t> offsets) override;
  void finish(int exchange) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace autonet
