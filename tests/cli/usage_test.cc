#include <algorithm>
#include <cstdlib>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("help goes to standard output, and that of every command has examples") {
  const TestFolder folder;
  const Outcome program = run_program(folder, {"--help"});
  CHECK(program.status == 0);
  CHECK(program.err.empty());
  CHECK(contains(program.out, "Usage: autonet [OPTIONS] COMMAND"));
  CHECK(contains(program.out, "Exit status:\n    0  "));
  CHECK(contains(program.out, "\n  130  interrupted"));
  std::istringstream commands(program.out.substr(program.out.find("\nCommands:\n") + 11));
  std::vector<std::string> names;
  for (std::string line; std::getline(commands, line) && !line.empty();)
    if (line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
  CHECK(names.size() >= 11);
  for (const std::string& command : names) {
    CAPTURE(command);
    const Outcome help = run_program(folder, {command, "--help"});
    CHECK(help.status == 0);
    CHECK(contains(help.out, "Usage: autonet " + command + " ["));
    CHECK(contains(help.out, "Example"));
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
    CHECK(contains(help.out, "\n  "));
  }
}

TEST_CASE("the version is one line") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"--version"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out.rfind("autonet ", 0) == 0);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
}

TEST_CASE("a wrong command line ends with status 2, on standard error, with a way out") {
  const TestFolder folder;
  struct Case {
    std::vector<std::string> words;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{}, "autonet: no command was given\nFor help: autonet --help\n"},
      {{"fti", "x.json"},
       "autonet: there is no command \"fti\"; did you mean \"fit\"?\nFor help: autonet --help\n"},
      {{"chek-grad"}, "did you mean \"check-grad\"?"},
      {{"fit"}, "autonet: MODEL is required\nFor help: autonet fit --help\n"},
      {{"fit", "m.json", "--epoch", "3"}, "did you mean \"--epochs\"?"},
      {{"fit", "m.json", "--epochs", "-1"}, "must be a whole number from 0 to 1000000, got -1"},
      {{"fit", "m.json", "--epochs", "1.5"}, "must be a whole number from 0 to 1000000, got 1.5"},
      {{"fit", "m.json", "--seed", "-1"}, "got -1"},
      {{"fit", "m.json", "--threads", "0"}, "must be a whole number from 1 to 1024, got 0"},
      {{"fit", "m.json", "--seed", "99999999999999999999999"}, "got 99999999999999999999999"},
      {{"convolve", "--filter", "edge"}, "edge not in {blur,sharpen,edges}"},
      {{"completion", "cmd"}, "cmd not in {bash,zsh,fish}"},
      {{"data"}, "A subcommand is required\nFor help: autonet data --help\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.error);
    const Outcome outcome = run_program(folder, one.words);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err, one.error), outcome.err);
  }
}

TEST_CASE("a wrong model ends with status 2 and names file, line and place") {
  const TestFolder folder;
  folder.write("m.json", R"({
  "name": "m",
  "data": { "dataset": "digits" },
  "layers": [
    { "type": "linear", "units": 0 },
    { "type": "conv", "channels": 3 }
  ]
})");
  for (const std::string command : {"fit", "evaluate", "summary", "check-grad", "compare"}) {
    CAPTURE(command);
    const Outcome outcome = run_program(folder, {command, "m.json"});
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err, "m.json:5: /layers/0/units: "), outcome.err);
    CHECK_MESSAGE(contains(outcome.err, "m.json:6: /layers/1/type: unknown layer \"conv\""),
                  outcome.err);
  }
}

TEST_CASE("missing data end with status 3, and the error says where they were looked for") {
  const TestFolder folder;
  folder.write("m.json", R"({ "name": "m", "data": { "dataset": "usps" },
    "layers": [ { "type": "linear", "units": 10 } ], "loss": "softmax_cross_entropy",
    "training": { "epochs": 1 } })");
  const Outcome outcome = run_program(folder, {"fit", "m.json", "--data-dir", "."},
                                      {{"AUTONET_DATA", ""}, {"XDG_CACHE_HOME", folder.path()}});
  CHECK(outcome.status == 3);
  CHECK(outcome.out.empty());
  CHECK_MESSAGE(contains(outcome.err, "./usps: no such folder"), outcome.err);
  CHECK_MESSAGE(contains(outcome.err, "zip.train.gz"), outcome.err);
}

TEST_CASE("a full disk is an error, a reader that closes its end is not") {
  const TestFolder folder;
  if (std::filesystem::exists("/dev/full")) {
    const Outcome full = run_program(folder, {"schema"}, {}, "/dev/full");
    CHECK(full.status == 3);
    CHECK(contains(full.err, "writing the results to standard output: No space left on device"));
  }
  std::string command = "'" AUTONET_PROGRAM "' schema 2>";
  command += folder.path("stderr") + " | true\necho ${PIPESTATUS[0]} > " + folder.path("status");
  const std::string script = folder.write("piped", command);
  REQUIRE(std::system(("bash " + script).c_str()) == 0);
  CHECK(folder.read("status") == "0\n");
  CHECK(folder.read("stderr").empty());
}

}  // namespace
}  // namespace autonet::cli
