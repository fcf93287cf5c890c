#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "cli/exit_status.h"

namespace autonet::cli {
namespace {

// A global, because that is all that a signal handler can reach.
std::atomic<bool> raised = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_signal(int /*signal*/) {
  if (raised.exchange(true)) ::_exit(static_cast<int>(ExitStatus::interrupted));
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  raised = false;
  handle(on_signal);
}

Interrupt::~Interrupt() {
  handle(SIG_DFL);
}

const std::atomic<bool>* Interrupt::flag() const {
  return &raised;
}

}  // namespace autonet::cli
