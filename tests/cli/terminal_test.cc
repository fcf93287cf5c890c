// Runs the program on a pseudo-terminal, which the command `script` provides.
#include <cstdlib>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// What the program shows on a terminal.
std::string shown(const TestFolder& folder, const std::string& environment) {
  folder.write("m.json", small_model("m"));
  const std::string command = "cd " + folder.path() + " && env -u NO_COLOR TERM=xterm " +
                              environment + " script -qec '" + std::string(AUTONET_PROGRAM) +
                              " fit m.json' typescript > screen 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  return folder.read("screen");
}

TEST_CASE("a terminal gets a bar and colours; NO_COLOR and TERM=dumb turn them off") {
  if (std::system("command -v script > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: the command script, which provides a terminal, is not installed");
    return;
  }
  const TestFolder folder;
  const std::string terminal = shown(folder, "LC_ALL=C.UTF-8");
  CHECK_MESSAGE(contains(terminal, "\x1b[32mbest"), terminal);
  CHECK_MESSAGE(contains(terminal, "\u2580 train  \u2598 validation"), terminal);  // the curves
  CHECK_FALSE(contains(shown(folder, "NO_COLOR=1"), "\x1b["));
  CHECK_FALSE(contains(shown(folder, "TERM=dumb"), "\x1b["));
}

}  // namespace
}  // namespace autonet::cli
