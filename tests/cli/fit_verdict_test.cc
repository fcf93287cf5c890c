#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("a run that did no better than guessing says so in its last line") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const std::string words = "The model does no better than guessing: always answering the most";
  const Outcome stuck =
      run_program(folder, {"fit", "m.json", "--set", "training.optimizer.learning_rate=1e-12",
                           "--set", "layers.output.init={\"constant\": 0}"});
  CHECK(stuck.status == 0);
  CHECK_MESSAGE(stuck.err.rfind(words) > stuck.err.rfind("autonet check-grad"), stuck.err);
  const Outcome good = run_program(folder, {"fit", "m.json"});
  CHECK(good.status == 0);
  CHECK_FALSE(contains(good.err, words));
}

TEST_CASE("a run whose loss rose far above its start says so") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 6));
  const Outcome outcome = run_program(
      folder,
      {"fit", "m.json", "--quiet", "--set", "training.optimizer.learning_rate=0.001", "--set",
       "training.schedule={\"type\": \"step\", \"step_epochs\": 1, \"factor\": 60}"});
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(contains(outcome.err, "The run diverged: its training loss rose from "),
                outcome.err);
}

}  // namespace
}  // namespace autonet::cli
