#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// The verdict in what `fit --json` has printed, which standard error says too.
nlohmann::json verdict_of(const Outcome& outcome) {
  const nlohmann::json verdict = nlohmann::json::parse(outcome.out).at("verdict");
  if (verdict.is_null()) return verdict;
  std::string lines = outcome.err;
  std::ranges::replace(lines, '\n', ' ');
  CHECK_MESSAGE(contains(lines, verdict["text"].get<std::string>() + " "), lines);
  return verdict;
}

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
  CHECK(verdict_of(run_program(folder, {"fit", "m.json", "--json", "--quiet"})).is_null());
}

TEST_CASE("a run whose loss is no lower than that of the classes' shares says so") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome outcome = run_program(
      folder, {"fit", "m.json", "--json", "--quiet", "--set", "data.limit=5000", "--set",
               "training.optimizer.learning_rate=1e-12", "--set", "training.seed=2"});
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(contains(outcome.err, "The model does "), outcome.err);
  CHECK_MESSAGE(contains(outcome.err, "better than guessing: "), outcome.err);
  CHECK(verdict_of(outcome)["kind"] == "guessing");
}

TEST_CASE("a regression that only learns the mean says so") {
  const TestFolder folder;
  std::string table = "a,b,y\n";
  for (int i = 0; i < 60; ++i) {
    const int a = i * 37 % 60;
    const int b = i * 23 % 60;
    table += std::to_string(a / 60.0) + "," + std::to_string(b / 60.0) + "," +
             std::to_string(a / 20.0) + "\n";
  }
  folder.write("t.csv", table);
  folder.write("r.json", R"({"name": "r", "outputs": 1,
      "data": {"file": "t.csv", "label": "y", "validation": 20},
      "layers": [{"name": "output", "type": "linear", "units": 1}], "loss": "mean_squared_error",
      "training": {"epochs": 60, "batch_size": 10,
                   "optimizer": {"type": "sgd", "learning_rate": 0.1}}})");
  const std::string words = "always answering the mean has the RMSE";
  const Outcome stuck = run_program(
      folder, {"fit", "r.json", "--quiet", "--set", "training.optimizer.learning_rate=1e-9"});
  CHECK(stuck.status == 0);
  CHECK_MESSAGE(contains(stuck.err, words), stuck.err);
  const Outcome good = run_program(folder, {"fit", "r.json", "--quiet"});
  CHECK(good.status == 0);
  CHECK_MESSAGE(good.err.empty(), good.err);
}

TEST_CASE("a run whose loss rose far above its start says so") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 6));
  const Outcome outcome = run_program(
      folder,
      {"fit", "m.json", "--json", "--quiet", "--set", "training.optimizer.learning_rate=0.001",
       "--set", "training.schedule={\"type\": \"step\", \"step_epochs\": 1, \"factor\": 60}"});
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(contains(outcome.err, "The run diverged: its training loss rose from "),
                outcome.err);
  CHECK(verdict_of(outcome)["kind"] == "diverged");
}

}  // namespace
}  // namespace autonet::cli
