#include <chrono>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

const std::vector<std::string> kRates = {"--set", "training.optimizer.learning_rate=0.02,1e-6,0.2"};

std::vector<std::string> sweep_words(const std::vector<std::string>& more,
                                     const std::vector<std::string>& set = kRates) {
  std::vector<std::string> words = {"sweep", "m.json"};
  words.insert(words.end(), set.begin(), set.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The names and contents of all files in a folder.
std::map<std::string, std::string> files_of(const TestFolder& folder, const std::string& name) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path(name))) {
    const std::string file = entry.path().filename().string();
    files[file] = folder.read(name + "/" + file);
  }
  return files;
}

TEST_CASE("a grid is sorted by validation loss, and each run is that of fit") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome outcome = run_program(
      folder,
      sweep_words({"--set", "training.optimizer.momentum=0.9,0.0", "--set", "training.epochs=1"}));
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(outcome.out.starts_with(
                    "run  learning_rate  momentum  best epoch  validation loss  accuracy\n"),
                outcome.out);
  CHECK(contains(outcome.err, "Training 6 runs of m, "));
  CHECK(contains(outcome.err, "files in m.sweep\n"));
  CHECK(contains(outcome.err, "run 6 of 6, epoch 1: validation loss "));
  CHECK(contains(outcome.err, "The best by validation is run "));
  const json result = json::parse(
      run_program(folder, sweep_words({"--set", "training.optimizer.momentum=0.9,0.0", "--set",
                                       "training.epochs=1", "--json", "--resume", "--quiet"}))
          .out);
  REQUIRE(result["runs"].size() == 6);
  double before = 0.0;
  for (const json& run : result["runs"]) {
    CHECK(run["validation"]["cross_entropy"].get<double>() >= before);
    before = run["validation"]["cross_entropy"];
    CHECK(run["epochs"] == 1);
    CHECK_FALSE(run.contains("test"));
  }
  // The command that is printed for the best run, and the same run by fit.
  const json best = result["runs"][0];
  const std::string rate = "training.optimizer.learning_rate=" +
                           best["settings"]["training.optimizer.learning_rate"].dump();
  const std::string momentum =
      "training.optimizer.momentum=" + best["settings"]["training.optimizer.momentum"].dump();
  CHECK_MESSAGE(contains(outcome.err, "autonet evaluate m.json --set training.epochs=1 --set " +
                                          rate + " --set " + momentum + " --checkpoint " +
                                          best["checkpoint"].get<std::string>() + "\n"),
                outcome.err);
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--set", "training.epochs=1", "--set",
                               rate, "--set", momentum})
              .status == 0);
  CHECK(folder.read("m.npz") == folder.read(best["checkpoint"]));
  const json evaluated =
      json::parse(run_program(folder, {"evaluate", "m.json", "--json", "--set", rate, "--set",
                                       momentum, "--checkpoint", best["checkpoint"]})
                      .out);
  CHECK(evaluated["validation"] == best["validation"]);
}

TEST_CASE("results and files do not depend on the number of runs at once") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const std::vector<std::string> set = {"--set",    "training.optimizer.learning_rate=log:0.001..1",
                                        "--set",    "training.batch_size=32..64",
                                        "--random", "5",
                                        "--seed",   "3",
                                        "--quiet"};
  const Outcome one =
      run_program(folder, sweep_words({"--out", "one", "--jobs", "1", "--threads", "1"}, set));
  const Outcome three =
      run_program(folder, sweep_words({"--out", "three", "--jobs", "3", "--threads", "4"}, set));
  CHECK(one.status == 0);
  CHECK(one.out == three.out);
  CHECK(one.err.empty());
  CHECK(files_of(folder, "one") == files_of(folder, "three"));
  CHECK(files_of(folder, "one").size() == 16);
}

TEST_CASE("halving ends with the run that a whole run gives") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 4));
  const Outcome text =
      run_program(folder, sweep_words({"--halving", "--factor", "2", "--out", "half"}));
  CHECK(text.status == 0);
  CHECK_MESSAGE(contains(text.err, "  3 runs up to epoch 2\n  1 run up to epoch 4\n"), text.err);
  const json result =
      json::parse(run_program(folder, sweep_words({"--halving", "--factor", "2", "--out", "half",
                                                   "--resume", "--json"}))
                      .out);
  CHECK(result["halving"] == 2);
  std::multiset<int> epochs;
  for (const json& run : result["runs"]) epochs.insert(run["epochs"].get<int>());
  CHECK(epochs == std::multiset<int>{2, 2, 4});
  CHECK(result["runs"][2]["settings"]["training.optimizer.learning_rate"] == 1e-6);
  REQUIRE(run_program(folder, sweep_words({"--out", "whole", "--quiet"})).status == 0);
  for (const json& run : result["runs"]) {
    if (run["epochs"] != 4) continue;
    const std::string name = std::filesystem::path(run["checkpoint"].get<std::string>()).filename();
    CHECK(folder.read("half/" + name) == folder.read("whole/" + name));
  }
  const Outcome varied = run_program(
      folder, sweep_words({"--halving", "--out", "x"}, {"--set", "training.epochs=2,3"}));
  CHECK(varied.status == 2);
  CHECK(contains(varied.err, "run 1 has 2 and run 2 has 3"));
}

TEST_CASE("an interrupted sweep goes on to the same files") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 40));
  REQUIRE(run_program(folder, sweep_words({"--out", "whole", "--quiet"})).status == 0);
  RunningProgram sweep(folder, sweep_words({"--out", "part", "--quiet", "--jobs", "1"}));
  for (int i = 0; i < 20000; ++i) {
    if (std::filesystem::exists(folder.path("part/run-001.run.npz"))) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  sweep.signal(SIGINT);
  const Outcome stopped = sweep.wait();
  CHECK(stopped.status == 130);
  CHECK_MESSAGE(contains(stopped.err,
                         "Interrupted; the sweep is saved in part. To go on:\n  autonet sweep "
                         "m.json --set training.optimizer.learning_rate=0.02,1e-6,0.2 --out part "
                         "--resume\n"),
                stopped.err);
  // As if the program had been killed before it wrote how far the run has come.
  std::filesystem::remove(folder.path("part/run-001.json"));
  CHECK_FALSE(std::filesystem::exists(folder.path("part/run-003.npz")));
  CHECK(run_program(folder, sweep_words({"--out", "part", "--resume", "--quiet"})).status == 0);
  CHECK(files_of(folder, "part") == files_of(folder, "whole"));
}

TEST_CASE("finished runs are not trained again, and another sweep is neither replaced nor mixed") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome first = run_program(folder, sweep_words({}));
  REQUIRE(first.status == 0);
  std::filesystem::remove(folder.path("m.sweep/run-002.npz"));  // a trained run would write it
  const Outcome again = run_program(folder, sweep_words({"--resume"}));
  CHECK(again.status == 0);
  CHECK(again.out == first.out);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.sweep/run-002.npz")));
  const Outcome fresh = run_program(folder, sweep_words({}));
  CHECK(fresh.status == 2);
  CHECK(contains(fresh.err, "the folder m.sweep holds a sweep; add --resume"));
  const Outcome other = run_program(
      folder, sweep_words({"--resume"}, {"--set", "training.optimizer.learning_rate=0.1,0.2"}));
  CHECK(other.status == 2);
  CHECK(contains(other.err, "has another model, other values or other options"));
  const Outcome none = run_program(folder, sweep_words({"--resume", "--out", "none"}));
  CHECK(none.status == 3);
  CHECK(contains(none.err, "there is none in none; leave out --resume"));
  folder.write("m.sweep/run-001.json", "{");
  const Outcome damaged = run_program(folder, sweep_words({"--resume"}));
  CHECK(damaged.status == 3);
  CHECK(contains(damaged.err, "m.sweep/run-001.json is damaged"));
  // Without it the run is continued from its checkpoint, not started anew.
  std::filesystem::remove(folder.path("m.sweep/run-001.json"));
  folder.write("m.sweep/run-001.run.npz", "no archive");
  const Outcome no_run = run_program(folder, sweep_words({"--resume"}));
  CHECK(no_run.status == 3);
  CHECK_MESSAGE(contains(no_run.err, "m.sweep/run-001.run.npz"), no_run.err);
}

TEST_CASE("a run that meets NaN fails alone") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 9));
  const std::vector<std::string> rates = {"--set", "training.optimizer.learning_rate=900,1e-4",
                                          "--set", "loss=mean_squared_error"};
  const Outcome outcome = run_program(folder, sweep_words({}, rates));
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(contains(outcome.out, "           failed"), outcome.out);
  CHECK_MESSAGE(contains(outcome.out, "\nRun 1 failed: fit: "), outcome.out);
  const json result =
      json::parse(run_program(folder, sweep_words({"--json", "--resume"}, rates)).out);
  CHECK(result["runs"][0]["run"] == 2);
  CHECK(result["runs"][0]["error"] == nullptr);
  CHECK(contains(result["runs"][1]["error"], "autonet replay m.sweep/run-001.failed.npz"));
  const Outcome all = run_program(
      folder, sweep_words({"--out", "all"}, {"--set", "training.optimizer.learning_rate=900,800",
                                             "--set", "loss=mean_squared_error"}));
  CHECK(all.status == 1);
}

TEST_CASE("mistakes are found before any run and leave no folder") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const auto error_of = [&](const std::vector<std::string>& set) {
    const Outcome outcome = run_program(folder, sweep_words({"--quiet"}, set));
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(error_of({"--set", "training.epoch=1,2"}) ==
        "--set training.epoch=1: /training/epoch: unknown key; did you mean \"epochs\"?\n");
  CHECK(contains(error_of({"--set", "training.epochs=1,x"}), "--set training.epochs=x: "));
  CHECK(contains(error_of({"--set", "training.epochs=3..1", "--random", "2"}),
                 "a range must go from a smaller to a larger number"));
  CHECK(contains(error_of({"--set", "training.epochs=1..3"}), "--random N"));
  CHECK(contains(error_of({"--set", "training.epochs=1,2", "--set", "training.epochs=3,4"}),
                 "training.epochs is given twice"));
  CHECK(contains(error_of({"--set", "training.epochs=1"}), "sweep: nothing varies"));
  CHECK(contains(error_of({"--set", "training.epochs=1,2", "--set", "data.validation=0"}),
                 "holds out no validation examples"));
  CHECK(contains(error_of({"--set", "training.epochs=1,2", "--seed", "3"}), "--random"));
  CHECK_FALSE(std::filesystem::exists(folder.path("m.sweep")));
}

TEST_CASE("the table fits 80 columns whatever varies") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome outcome = run_program(
      folder, sweep_words({"--quiet"}, {"--set", "layers.output.init={\"constant\": 0},\"xavier\"",
                                        "--set", "training.schedule=cosine,{\"type\": \"step\"}",
                                        "--set", "training.epochs=1,2"}));
  CHECK_MESSAGE(outcome.status == 0, outcome.err);
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  CHECK_MESSAGE(contains(outcome.out, "\nrun 1: init={\"constant\": 0}, schedule=cosine, epochs=1"),
                outcome.out);
}

}  // namespace
}  // namespace autonet::cli
