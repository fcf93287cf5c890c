// import --model: networks of autonet and of PyTorch as models, which are trained further.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "autonet/train/checkpoint.h"
#include "autonet/train/predictor.h"
#include "autonet/train/weights.h"
#include "data/npy.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// A Python that has torch and onnx; empty if there is none.
std::string python() {
  std::vector<std::string> names = {"python3"};
  if (const char* given = std::getenv("AUTONET_PYTHON")) names.insert(names.begin(), given);
  for (const std::string& name : names) {
    const std::string command = name + " -c 'import onnx, torch' > /dev/null 2>&1";
    if (std::system(command.c_str()) == 0) return name;
  }
  return "";
}

Array numbers_of(const TestFolder& folder, const std::string& name) {
  return internal::to_array(internal::parse_npy(folder.read(name), name), name);
}

/// The largest difference between what the model in NAME.json predicts and what PyTorch computed.
double difference_from_torch(const TestFolder& folder, const std::string& name) {
  const Model model = Model::load(folder.path(name + ".json"));
  const Weights weights = load_weights(model, model.checkpoint_path());
  Context context;
  const Array ours =
      predict(model, weights, numbers_of(folder, name + ".input.npy"), context).outputs;
  std::vector<double> a = ours.to_vector();
  std::vector<double> b = numbers_of(folder, name + ".output.npy").to_vector();
  REQUIRE(a.size() == b.size());
  double most = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (name == "heads") b[i] = std::exp(b[i]);  // it gives the logarithms of probabilities
    most = std::max(most, std::abs(a[i] - b[i]));
  }
  return most;
}

}  // namespace

TEST_CASE("networks of PyTorch become models with the same outputs, and are trained further") {
  const std::string python_program = python();
  if (python_program.empty()) {
    MESSAGE("SKIPPED: no Python with torch and onnx; name one in AUTONET_PYTHON");
    return;
  }
  const TestFolder folder;
  const char* given = std::getenv("AUTONET_TEST_SEED");
  const std::string seed = given == nullptr ? "1" : given;
  const std::string command = python_program + " " + AUTONET_SOURCE_DIR +
                              "/tests/cli/torch_to_onnx.py " + folder.path() + " " + seed + " > " +
                              folder.path("names") + " 2> " + folder.path("errors");
  MESSAGE("seed " << seed);
  const int made = std::system(command.c_str());
  REQUIRE_MESSAGE(made == 0, folder.read("errors"));
  std::istringstream names(folder.read("names"));
  int count = 0;
  for (std::string name; names >> name; ++count) {
    CAPTURE(name);
    const Outcome outcome =
        run_program(folder, {"import", name + ".onnx", "--model", name + ".json", "--weights",
                             name + ".safetensors", "--json"});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    CHECK(json::parse(outcome.out)["largest_difference"].get<double>() < 1e-5);
    CHECK(difference_from_torch(folder, name) < 1e-5);
  }
  CHECK(count == 9);
  // A network for the built-in digits, which PyTorch has not trained.
  for (const std::string name : {"folded", "apart"}) {
    CAPTURE(name);
    const std::string file = "digits_" + name + ".json";
    const Outcome outcome =
        run_program(folder, {"import", name + ".onnx", "--model", file, "--dataset", "digits"});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    const Outcome before = run_program(folder, {"evaluate", file, "--json"});
    REQUIRE_MESSAGE(before.status == 0, before.err);
    const std::vector<std::string> settings = {
        "--set", R"(training.optimizer={"type": "adam", "learning_rate": 0.003})", "--set",
        "training.epochs=3"};
    std::vector<std::string> words = {"fit", file, "--init-from", "digits_" + name + ".npz",
                                      "--quiet"};
    words.insert(words.end(), settings.begin(), settings.end());
    const Outcome fit = run_program(folder, words);
    REQUIRE_MESSAGE(fit.status == 0, fit.err);
    words = {"evaluate", file, "--json"};
    words.insert(words.end(), settings.begin(), settings.end());
    const Outcome after = run_program(folder, words);
    REQUIRE_MESSAGE(after.status == 0, after.err);
    CHECK(json::parse(before.out)["test"]["accuracy"].get<double>() < 0.5);
    CHECK(json::parse(after.out)["test"]["accuracy"].get<double>() > 0.8);
  }
}

TEST_CASE("a model that was exported is imported with the same layers, and evaluated the same") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  REQUIRE(run_program(folder, {"export", "m.json", "--onnx", "m.onnx"}).status == 0);
  const Outcome outcome =
      run_program(folder, {"import", "m.onnx", "--model", "again.json", "--dataset", "digits"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  CHECK(outcome.out.empty());
  CHECK_MESSAGE(contains(outcome.err, "Wrote again.json: m, "), outcome.err);
  CHECK_MESSAGE(contains(outcome.err, "autonet fit again.json --init-from again.npz"), outcome.err);
  const Outcome first = run_program(folder, {"evaluate", "m.json", "--json"});
  const Outcome again = run_program(folder, {"evaluate", "again.json", "--json"});
  REQUIRE_MESSAGE(again.status == 0, again.err);
  CHECK(json::parse(again.out)["test"]["accuracy"] == json::parse(first.out)["test"]["accuracy"]);
  const Outcome summary = run_program(folder, {"summary", "again.json", "--json"});
  const Outcome original = run_program(folder, {"summary", "m.json", "--json"});
  CHECK(json::parse(summary.out)["layers"] == json::parse(original.out)["layers"]);
}

TEST_CASE("wrong uses of import --model are refused before any work") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"export", "m.json", "--onnx", "m.onnx", "--initial"}).status == 0);
  struct Case {
    std::vector<std::string> words;
    int status;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{"--model", "n.txt"}, 2, "--model: must end in .json, got \"n.txt\""},
      {{"--model", "n.json", "--weights", "n.txt"}, 2, "n.txt"},
      {{"--model", "no/n.json"}, 3, "no/n.json"},
      {{"--model", "n.json", "--info"}, 2, "--model goes with neither --info nor --run"},
      {{"--weights", "n.npz"}, 2, "need --model FILE"},
      {{"--model", "n.json", "--input", "3,,4"}, 2, "--input: expected the lengths of one input"},
      {{"--model", "n.json", "--input", "3,4"}, 2, "which the given lengths do not fit"},
      {{"--model", "n.json", "--dataset", "mnst"}, 2, "mnst"},
      {{"--model", "n.json", "--dataset", "cifar10"}, 2, "those of cifar10 are [32,32,3]"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.error);
    std::vector<std::string> words = {"import", "m.onnx"};
    words.insert(words.end(), one.words.begin(), one.words.end());
    const Outcome outcome = run_program(folder, words);
    CHECK(outcome.status == one.status);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err, one.error), outcome.err);
    CHECK(!std::filesystem::exists(folder.path("n.json")));
    CHECK(!std::filesystem::exists(folder.path("n.npz")));
  }
}

}  // namespace autonet::cli
