#include "cli/exit_status.h"

#include <utility>

#include "autonet/text/concat.h"
#include "text/table.h"

namespace autonet::cli {

std::string exit_status_help() {
  constexpr std::pair<ExitStatus, const char*> kMeanings[] = {
      {ExitStatus::good, "all is well; a check passed"},
      {ExitStatus::failed, "a check failed, or a run stopped on an error"},
      {ExitStatus::usage, "the command line or the model file is wrong"},
      {ExitStatus::data, "data or files are missing or damaged"},
      {ExitStatus::inconclusive, "a check could neither pass nor fail"},
      {ExitStatus::interrupted, "interrupted by Ctrl-C"},
  };
  std::string lines = "Exit status:\n";
  for (const auto& [status, meaning] : kMeanings) {
    const std::string number = text::concat(static_cast<int>(status));
    lines += text::concat(text::padded(number, 5), "  ", meaning, "\n");
  }
  return lines;
}

}  // namespace autonet::cli
