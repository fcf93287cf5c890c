#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "cli/exit_status.h"

namespace autonet::cli {
namespace {

// A global, because that is all that a signal handler can reach.
std::atomic<bool> watched = false;  // by an Interrupt
std::atomic<bool> raised = false;
std::atomic<const std::string*> last_words = nullptr;
std::atomic<const std::string*> first_words = nullptr;  // of a signal that sets the flag
static_assert(std::atomic<const std::string*>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

/// Writes a text to standard error. Nothing can be done about a write that fails.
void write_now(const std::string& text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

extern "C" void on_signal(int /*signal*/) {
  if (const std::string* text = last_words.load(); text != nullptr) {
    write_now(*text);
    ::_exit(static_cast<int>(ExitStatus::interrupted));
  }
  if (!watched || raised.exchange(true)) ::_exit(static_cast<int>(ExitStatus::interrupted));
  if (const std::string* text = first_words.load(); text != nullptr) write_now(*text);
}

void handle(int signal) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void end_on_signals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_DFL) handle(signal);
  }
}

Interrupt::Interrupt() {
  raised = false;
  watched = true;
  last_words = nullptr;
  first_words = nullptr;
  for (const int signal : {SIGINT, SIGTERM}) handle(signal);
}

void Interrupt::end_at_once(std::string text) {
  texts_.push_back(std::move(text));
  last_words = &texts_.back();
}

void Interrupt::raise_flag(std::string text) {
  texts_.push_back(std::move(text));
  first_words = &texts_.back();
  last_words = nullptr;
}

Interrupt::~Interrupt() {
  watched = false;
  last_words = nullptr;
  first_words = nullptr;
}

const std::atomic<bool>* Interrupt::flag() const {
  return &raised;
}

}  // namespace autonet::cli
