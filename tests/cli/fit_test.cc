#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

TEST_CASE("fit writes results and progress to separate streams, and evaluate agrees with it") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome fit = run_program(folder, {"fit", "m.json", "--log", "run.jsonl"});
  CAPTURE(fit.err);
  REQUIRE(fit.status == 0);
  CHECK(contains(fit.out, "\n            images  cross-entropy  accuracy\ntrain          200 "));
  CHECK(contains(fit.out, "\nvalidation     100 "));
  CHECK(contains(fit.out, "\ntest         2,007 "));
  CHECK(contains(fit.err, "Training m (2,570 parameters) on 200 images of digits"));
  CHECK(contains(fit.err, "\n  1/2 "));
  CHECK(contains(fit.err, "\n  2/2 "));
  CHECK(contains(fit.err, "The weights are in m.npz. Try next:\n  autonet evaluate m.json\n"));
  CHECK_FALSE(contains(fit.err, "\r"));  // standard error is not a terminal
  CHECK_FALSE(contains(fit.err, "\x1b"));

  // The log has one line per epoch with its keys in this order.
  std::istringstream lines(folder.read("run.jsonl"));
  std::string line;
  int epoch = 0;
  while (std::getline(lines, line)) {
    ++epoch;
    CAPTURE(line);
    CHECK(line.rfind("{\"epoch\": " + std::to_string(epoch) + ", \"train\": {\"cross_entropy\": ",
                     0) == 0);
    const json entry = json::parse(line);
    CHECK(entry.size() == 5);
    CHECK(entry["train"]["accuracy"].get<double>() <= 1.0);
    CHECK(entry["validation"]["cross_entropy"].get<double>() > 0.0);
    CHECK(entry["learning_rate"].get<double>() == doctest::Approx(0.02));
    CHECK(entry["seconds"].get<double>() > 0.0);
  }
  CHECK(epoch == 2);

  const Outcome text = run_program(folder, {"evaluate", "m.json"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  const std::string table = fit.out.substr(fit.out.find('\n') + 1);
  CHECK(text.out.starts_with("m, weights of m.npz\n" + table + "\n"));

  const Outcome again = run_program(folder, {"fit", "m.json", "--json", "--quiet", "--threads", "1",
                                             "--checkpoint", "other.safetensors"});
  REQUIRE(again.status == 0);
  CHECK(again.err.empty());
  const json result = json::parse(again.out);
  const json six = json::parse(run_program(folder, {"evaluate", "m.json", "--json"}).out);
  for (const std::string part : {"train", "validation", "test"}) CHECK(result[part] == six[part]);
  CHECK(result["checkpoint"] == "other.safetensors");
  CHECK(six.size() == 5);  // the four parts of the result, and the classes
  CHECK(six["model"] == "m");
  CHECK(json::parse(run_program(folder, {"evaluate", "m.json", "--json", "--checkpoint",
                                         "other.safetensors"})
                        .out) == six);
}

TEST_CASE(
    "fit --no-train-figures leaves out the row of the training examples and changes no other") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const std::vector<std::string> words = {"fit", "m.json", "--quiet"};
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more.begin(), more.end());
    const Outcome outcome = run_program(folder, all);
    CHECK_MESSAGE(outcome.status == 0, outcome.err);
    return outcome.out;
  };
  const std::string table = run({"--no-train-figures"});
  CHECK_FALSE(contains(table, "\ntrain "));
  CHECK(contains(table, "\nvalidation     100 "));
  const json all = json::parse(run({"--json"}));
  const json some = json::parse(run({"--json", "--no-train-figures"}));
  CHECK(some["train"].is_null());
  CHECK(some["validation"] == all["validation"]);
  CHECK(some["test"] == all["test"]);
  // The advice about a run that learned nothing then looks at the figures of its last epoch.
  folder.write("n.json", small_model("n"));
  const Outcome stuck =
      run_program(folder, {"fit", "n.json", "--no-train-figures", "--epochs", "1", "--set",
                           "data.validation=0", "--set", "training.optimizer.learning_rate=1e-12",
                           "--set", "layers.output.init={\"constant\": 0}"});
  CHECK(stuck.status == 0);
  CHECK_MESSAGE(contains(stuck.err, "better than guessing: "), stuck.err);
}

TEST_CASE("--set changes the model for every command, and is repeated in printed commands") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const std::vector<std::string> set = {"--set", "training.optimizer.learning_rate=0.5", "--set",
                                        "training.epochs=1"};
  const auto with_set = [&](std::vector<std::string> words) {
    words.insert(words.end(), set.begin(), set.end());
    return run_program(folder, words);
  };
  const Outcome fit = with_set({"fit", "m.json", "--log", "run.jsonl"});
  CHECK(fit.status == 0);
  CHECK_MESSAGE(contains(fit.err,
                         "autonet evaluate m.json --set training.optimizer.learning_rate=0.5 "
                         "--set training.epochs=1\n"),
                fit.err);
  CHECK(json::parse(folder.read("run.jsonl"))["learning_rate"] == 0.5);
  CHECK(contains(folder.read("m.npz"), R"(\"learning_rate\": 0.5)"));  // the changed text
  CHECK(with_set({"evaluate", "m.json"}).status == 0);
  CHECK(with_set({"compare", "m.json"}).status == 0);
  const Outcome summary =
      run_program(folder, {"summary", "m.json", "--set", "layers.0.units=11", "--json"});
  CHECK(summary.status == 2);
  CHECK(contains(summary.err, "the last layer"));
  const Outcome wrong = run_program(folder, {"explain", "m.json", "--set", "training.epoch=1"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err ==
        "--set training.epoch=1: /training/epoch: unknown key; did you mean \"epochs\"?\n");
}

TEST_CASE("fit --resume gives the bytes of a run that never stopped") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 4));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const std::string whole = folder.read("m.npz");
  const std::string whole_run = folder.read("m.run.npz");
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--epochs", "2", "--log", "run.jsonl"})
              .status == 0);
  CHECK(folder.read("m.npz") != whole);
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--resume", "--epochs", "4", "--log",
                               "run.jsonl"})
              .status == 0);
  CHECK(folder.read("m.npz") == whole);
  CHECK(folder.read("m.run.npz") == whole_run);
  const Outcome finished = run_program(folder, {"fit", "m.json", "--resume", "--threads", "1"});
  CHECK(finished.status == 0);
  CHECK_MESSAGE(contains(finished.err,
                         "The run in m.run.npz is finished: it has all 4 epochs. To train longer:\n"
                         "  autonet fit m.json --threads 1 --epochs 8 --resume\n"),
                finished.err);
  CHECK(finished.out.starts_with("m, weights of epoch "));
  const std::string log = folder.read("run.jsonl");
  CHECK(contains(log, "{\"epoch\": 1,"));  // the log is continued too
  CHECK(contains(log, "\n{\"epoch\": 4,"));
}

TEST_CASE("Ctrl-C saves the run and ends with status 130") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 100000));
  for (const int number : {SIGINT, SIGTERM}) {
    CAPTURE(number);
    RunningProgram program(folder,
                           {"fit", "m.json", "--epochs", "50000", "--set", "training.batch_size=50",
                            "--threads", "1", "--log", "run.jsonl"});
    // Wait until the run has logged an epoch.
    const auto logged = [&] {
      std::error_code error;
      const auto size = std::filesystem::file_size(folder.path("run.jsonl"), error);
      return !error && size > 0;
    };
    for (int i = 0; i < 6000 && !logged(); ++i) ::usleep(10000);
    program.signal(number);
    const Outcome outcome = program.wait();
    CHECK(outcome.status == 130);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err,
                           "Interrupted; the run is saved in m.run.npz. To continue it:\n  "
                           "autonet fit m.json --set training.batch_size=50 --threads 1 --epochs "
                           "50000 --log run.jsonl --resume\n"),
                  outcome.err);
    CHECK(run_program(folder, {"evaluate", "m.json", "--json"}).status == 0);
    // The goal is kept, so that this is refused: the model's text is another one.
    CHECK(run_program(folder, {"fit", "m.json", "--resume"}).status == 2);
    std::filesystem::remove(folder.path("m.run.npz"));
    std::filesystem::remove(folder.path("run.jsonl"));
    std::filesystem::remove(folder.path("m.npz"));
  }
}

TEST_CASE("a signal before training changes no file and says how to start") {
  const TestFolder folder;
  // A table that takes seconds to read.
  std::string row;
  for (int i = 0; i < 1000; ++i) row += "0.123456789,";
  std::string table;
  for (int i = 0; i < 1000; ++i) table += "x" + std::to_string(i) + ",";
  table += "y\n";
  for (int i = 0; i < 12000; ++i) table += row + (i % 2 == 0 ? "a\n" : "b\n");
  folder.write("t.csv", table);
  folder.write("m.json", R"({"input": [1000], "classes": ["a", "b"],
    "data": {"file": "t.csv", "label": "y"}, "layers": [{"type": "linear", "units": 2}],
    "loss": "softmax_cross_entropy", "training": {"checkpoint": "m.npz"}})");
  RunningProgram program(folder, {"fit", "m.json", "--epochs", "3"});
  ::usleep(300000);
  program.signal(SIGTERM);
  const Outcome outcome = program.wait();
  CHECK(outcome.status == 130);
  CHECK_MESSAGE(contains(outcome.err,
                         "Interrupted before training began; no file was changed. To start:\n"
                         "  autonet fit m.json --epochs 3\n"),
                outcome.err);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));
}

TEST_CASE("two models with one checkpoint do not exchange their weights") {
  const TestFolder folder;
  folder.write("a.json", small_model("a"));
  std::string b = small_model("b");
  b.replace(b.find("b.npz"), 5, "a.npz");
  folder.write("b.json", b);
  REQUIRE(run_program(folder, {"fit", "a.json", "--quiet"}).status == 0);
  const std::string bytes = folder.read("a.npz");
  const Outcome fit = run_program(folder, {"fit", "b.json", "--quiet"});
  CHECK(fit.status == 2);
  CHECK_MESSAGE(contains(fit.err,
                         "checkpoint a.npz holds another model than b.json, so it is not "
                         "replaced:\n  /name: \"a\", now \"b\"\n"),
                fit.err);
  CHECK(contains(fit.err, "--overwrite"));
  CHECK(folder.read("a.npz") == bytes);
  const Outcome evaluate = run_program(folder, {"evaluate", "b.json"});
  CHECK(evaluate.status == 2);
  CHECK(contains(evaluate.err, "a.npz was written for another model than b.json"));
  // Named on the command line, weights of the same layers are taken.
  CHECK(run_program(folder, {"evaluate", "b.json", "--checkpoint", "./a.npz"}).status == 0);
  CHECK(run_program(folder, {"fit", "b.json", "--quiet", "--overwrite"}).status == 0);
  CHECK(run_program(folder, {"evaluate", "b.json"}).status == 0);
  // A new run of the same model with other settings needs no option.
  CHECK(
      run_program(folder, {"fit", "b.json", "--quiet", "--set", "training.batch_size=32"}).status ==
      0);
}

TEST_CASE("fit --epochs 0 writes the initial weights, by seed") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome outcome = run_program(folder, {"fit", "m.json", "--epochs", "0"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out.rfind("m, initial weights\n", 0) == 0);
  const std::string first = folder.read("m.npz");
  REQUIRE(run_program(folder, {"fit", "m.json", "--epochs", "0", "--seed", "7"}).status == 0);
  CHECK(folder.read("m.npz") != first);
}

TEST_CASE("files that cannot be written are refused before training") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome log = run_program(folder, {"fit", "m.json", "--log", "no/such/run.jsonl"});
  CHECK(log.status == 3);
  CHECK(contains(log.err, "opening the log no/such/run.jsonl: No such file or directory"));
  const Outcome checkpoint =
      run_program(folder, {"fit", "m.json", "--checkpoint", "no/such/m.npz"});
  CHECK(checkpoint.status == 3);
  CHECK(contains(checkpoint.err, "no/such/m.npz"));
  const Outcome ending = run_program(folder, {"fit", "m.json", "--checkpoint", "m.txt"});
  CHECK(ending.status == 2);
  CHECK(contains(ending.err, "m.txt"));
}

TEST_CASE("fit refuses to overwrite its model or to resume without a checkpoint") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome log = run_program(folder, {"fit", "m.json", "--log", "./m.json"});
  CHECK(log.status == 2);
  CHECK(
      contains(log.err, "--log ./m.json: this file is also the model, m.json; name another file"));
  CHECK(folder.read("m.json") == small_model("m"));
  folder.write("free.json",
               R"({ "name": "free", "data": { "dataset": "digits", "limit": 50, "validation": 0 },
    "layers": [ { "type": "linear", "units": 10 } ], "loss": "softmax_cross_entropy",
    "training": { "epochs": 1 } })");
  const Outcome resumed = run_program(folder, {"fit", "free.json", "--resume"});
  CHECK(resumed.status == 2);
  CHECK(contains(resumed.err, "the model names no checkpoint"));
  const Outcome unsaved = run_program(folder, {"fit", "free.json"});
  CHECK(unsaved.status == 0);
  CHECK(contains(unsaved.err, "No weights will be saved"));
  CHECK(unsaved.out.rfind("free, weights of epoch 1 of 1\n", 0) == 0);
}

TEST_CASE("a run whose loss becomes infinite ends with status 1") {
  const TestFolder folder;
  folder.write("wild.json",
               R"({ "name": "wild", "data": { "dataset": "digits", "limit": 200, "validation": 0 },
    "layers": [ { "type": "linear", "units": 9, "activation": "relu" },
                { "type": "linear", "units": 10 } ],
    "loss": "mean_squared_error",
    "training": { "epochs": 9, "optimizer": { "type": "sgd", "learning_rate": 900 } } })");
  const Outcome outcome = run_program(folder, {"fit", "wild.json", "--quiet"});
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK_MESSAGE(contains(outcome.err, "finite"), outcome.err);
}

}  // namespace
}  // namespace autonet::cli
