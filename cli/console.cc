#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/visible.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;  // the first variable that is set counts
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

}  // namespace

Console::Console() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const std::string_view term = environment("TERM");
  const bool colours = !term.empty() && term != "dumb" && environment("NO_COLOR").empty();
  animated_ = colours && ::isatty(STDERR_FILENO) == 1;
  results_coloured_ = colours && ::isatty(STDOUT_FILENO) == 1;
  unicode_ = locale_is_utf8();
}

void Console::print(std::string_view text) {
  if (closed_) return;
  const int error = internal::write_all(
      STDOUT_FILENO, results_coloured_ ? text::visible_but_colours(text) : text::visible(text));
  closed_ = error != 0;
  if (error != 0 && error != EPIPE) {
    throw DataError(text::concat("writing the results to standard output: ", std::strerror(error)));
  }
}

void Console::note(std::string_view text) {
  internal::write_all(STDERR_FILENO,
                      animated_ ? text::visible_but_colours(text) : text::visible(text));
}

int Console::width() const {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const int columns = std::atoi(std::string(environment("COLUMNS")).c_str());
  return columns > 0 && columns < 10000 ? columns : 80;
}

std::string coloured(std::string_view text, std::string_view colour, bool on) {
  return on ? text::concat("\x1b[", colour, "m", text, "\x1b[0m") : std::string(text);
}

}  // namespace autonet::cli
