// How the program finds shipped models and names itself in what it prints.
#include "tests/cli/run_program.h"

namespace autonet {
namespace {

TEST_CASE("a shipped model is found by its name; its weights go to the current folder") {
  const TestFolder folder;
  const Outcome fit = run_program(folder, {"fit", "quickstart", "--epochs", "0"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  CHECK(contains(fit.err + fit.out, "  autonet evaluate quickstart\n"));
  CHECK(std::filesystem::exists(folder.path("quickstart.npz")));
  CHECK(run_program(folder, {"evaluate", "quickstart"}).status == 0);
}

TEST_CASE("a file of the user comes before a shipped model of the same name") {
  const TestFolder folder;
  folder.write("quickstart", "{");
  const Outcome summary = run_program(folder, {"summary", "quickstart"});
  CHECK(summary.status == 2);
  CHECK(contains(summary.err, "quickstart:1"));
}

TEST_CASE("a mistyped name is answered with the nearest one and with all") {
  const TestFolder folder;
  const Outcome summary = run_program(folder, {"summary", "quickstrat"});
  CHECK(summary.status == 2);
  CHECK(contains(summary.err, "did you mean \"quickstart\"?"));
  CHECK(contains(summary.err, "convnet1, "));
  CHECK(!contains(summary.err, "schema"));
  // A name with an ending or a folder is a path.
  CHECK(contains(run_program(folder, {"summary", "quickstart.json"}).err, "no such file"));
}

TEST_CASE("printed commands name the program as the user called it") {
  const TestFolder folder;
  const std::vector<std::pair<std::string, std::string>> called = {{"AUTONET_COMMAND", "./dev"}};
  const Outcome help = run_program(folder, {"fit", "--help"}, called);
  CHECK(contains(help.out, "  ./dev fit models/quickstart.json\n"));
  CHECK(contains(help.out, "./dev fit [OPTIONS] MODEL"));
  CHECK(!contains(help.out, "autonet fit"));
  const Outcome missing = run_program(folder, {"evaluate", "quickstart"}, called);
  CHECK(contains(missing.err, "make it with: ./dev fit quickstart"));
  const Outcome usage = run_program(folder, {"fit", "--no-such"}, called);
  CHECK(contains(usage.err, "For help: ./dev fit --help"));
}

}  // namespace
}  // namespace autonet
