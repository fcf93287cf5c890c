#pragma once

#include <atomic>
#include <list>
#include <string>

namespace autonet::cli {

/// From now on Ctrl-C (SIGINT) and SIGTERM end the program at once with ExitStatus::interrupted,
/// unless its parent has made it ignore them.
void end_on_signals();

/// During the lifetime of this object the first Ctrl-C (SIGINT) or SIGTERM sets a flag instead of
/// ending the program; the second one ends the program at once with ExitStatus::interrupted. Only
/// one such object may exist at a time; at its end, end_on_signals() holds again.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// From now on a signal ends the program at once, with this text on standard error: for times at
  /// which there is nothing to save.
  void end_at_once(std::string text);
  /// From now on the first signal sets the flag again, and writes this text to standard error at
  /// once: for a process that may be killed before it can say more.
  void raise_flag(std::string text = "");

  /// True once a signal has arrived.
  const std::atomic<bool>* flag() const;

 private:
  std::list<std::string> texts_;  // kept, as the handler may be writing one while another is set
};

}  // namespace autonet::cli
