// autonet export --c.
#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("export --c writes three files and says what they need") {
  const TestFolder folder;
  const std::string model = shipped("logreg");
  const Outcome outcome =
      run_program(folder, {"export", model, "--initial", "--c", "deep/out", "--train"});
  CHECK(outcome.status == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "logreg with its initial weights as C99:\n"
        "  deep/out/logreg.h\n  deep/out/logreg.c\n  deep/out/logreg_weights.h\n"
        "It writes to 30,868 bytes of static memory, weights included, and reads 4 bytes of "
        "constants.\n");
  CHECK(contains(folder.read("deep/out/logreg.h"), "#define LOGREG_MEMORY_BYTES 30868\n"));
  const std::string first = folder.read("deep/out/logreg.c");
  const Outcome json =
      run_program(folder, {"export", model, "--initial", "--c", "deep/out", "--train", "--json"});
  const auto report = nlohmann::json::parse(json.out);
  CHECK(report["memory_bytes"] == 30868);
  CHECK(report["name"] == "logreg");
  CHECK(report["files"].size() == 3);
  CHECK(folder.read("deep/out/logreg.c") == first);  // the same bytes each time
}

TEST_CASE("export --c: mistakes and their exit statuses") {
  const TestFolder folder;
  const std::string model = shipped("logreg");
  Outcome outcome =
      run_program(folder, {"export", shipped("digits_lstm"), "--initial", "--c", "out", "--int8"});
  CHECK(outcome.status == 2);
  CHECK_MESSAGE(contains(outcome.err, "that cannot be written in C so far: lstm: "), outcome.err);
  CHECK(!std::filesystem::exists(folder.path("out")));
  outcome = run_program(folder, {"export", model, "--initial"});
  CHECK(outcome.status == 2);
  outcome = run_program(folder, {"export", model, "--c", "out", "--checkpoint", "none.npz"});
  CHECK(outcome.status == 3);
  outcome = run_program(folder, {"export", model, "--initial", "--c", "o", "--train", "--int8"});
  CHECK(outcome.status == 2);
  outcome = run_program(folder, {"export", model, "--initial", "--c", "o", "--batch", "2"});
  CHECK(outcome.status == 2);
  folder.write("file", "");
  outcome = run_program(folder, {"export", model, "--initial", "--c", "file"});
  CHECK(outcome.status == 3);
  CHECK(outcome.err == "--c: file is not a folder\n");
  outcome = run_program(folder, {"export", model, "--initial", "--c", "file/below"});
  CHECK(outcome.status == 3);
}

TEST_CASE("export --c --int8 takes the ranges from training data") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"export", shipped("quickstart"), "--initial", "--c",
                                               "out", "--int8", "--calibration", "20"});
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "bytes of static memory, and reads"));
  CHECK(contains(folder.read("out/quickstart.c"), "convolve8(conv_2_relu, "));
}

}  // namespace
}  // namespace autonet::cli
