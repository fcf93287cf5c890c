#pragma once

#include <atomic>

namespace autonet {

/// While it lives, the first Ctrl-C (SIGINT) or SIGTERM raises a flag instead of ending the
/// program; the second ends it at once with status 130. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>* flag() const;
};

}  // namespace autonet
