#pragma once

#include <atomic>

namespace autonet::cli {

/// During the lifetime of this object the first Ctrl-C (SIGINT) or SIGTERM sets a flag instead of
/// ending the program; the second one ends the program at once with ExitStatus::interrupted. Only
/// one such object may exist at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// True once a signal has arrived.
  const std::atomic<bool>* flag() const;
};

}  // namespace autonet::cli
