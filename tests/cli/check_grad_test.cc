#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet {
namespace {

using nlohmann::json;

const std::string kModels = std::string(AUTONET_SOURCE_DIR) + "/models/";

TEST_CASE("check-grad passes, with a row for the input and each parameter") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"check-grad", kModels + "convnet_gradcheck.json"});
  CAPTURE(outcome.out);
  CHECK(outcome.status == 0);
  CHECK(outcome.err.empty());
  for (const std::string tensor : {"input", "conv_1/weight", "conv_1/bias", "conv_2/weight",
                                   "conv_2/bias", "fc_1/weight", "output/bias"})
    CHECK(contains(outcome.out, "\n" + tensor + " "));
  CHECK(contains(outcome.out, "\n\nPASSED\n"));
  CHECK_FALSE(contains(outcome.out, "FAILED"));
}

TEST_CASE("check-grad finds an error of 1 part in 1000, names the tensor and ends with status 1") {
  const TestFolder folder;
  const Outcome outcome = run_program(
      folder, {"check-grad", kModels + "convnet_gradcheck.json", "--plant-error", "--json"});
  CHECK(outcome.status == 1);
  const json report = json::parse(outcome.out);
  CHECK(report["verdict"] == "FAILED");
  for (const json& tensor : report["tensors"]) {
    CAPTURE(tensor.dump());
    CHECK(tensor["verdict"] == (tensor["name"] == "conv_1/weight" ? "FAILED" : "PASSED"));
    if (tensor["name"] == "conv_1/weight") {
      CHECK(tensor["analytic"].get<double>() / tensor["numeric"].get<double>() ==
            doctest::Approx(1.001).epsilon(1e-6));
      CHECK(tensor["worst_relative"].get<double>() == doctest::Approx(0.001).epsilon(0.01));
    }
  }
}

TEST_CASE("check-grad checks all elements where asked, and at trained weights") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome outcome =
      run_program(folder, {"check-grad", "m.json", "--checkpoint", "m.npz", "--max-elements",
                           "5000", "--batch", "2", "--seed", "9", "--json"});
  REQUIRE(outcome.status == 0);
  const json report = json::parse(outcome.out);
  CHECK(report["seed"] == 9);
  REQUIRE(report["tensors"].size() == 3);
  CHECK(report["tensors"][0]["shape"] == json::array({2, 16, 16, 1}));
  for (const json& tensor : report["tensors"]) CHECK(tensor["checked"] == tensor["elements"]);
}

TEST_CASE("check-grad with nothing but zeros on both sides is inconclusive, status 4") {
  const TestFolder folder;
  // All weights 0 and a relu: the input and what is before the relu have no gradient.
  folder.write("m.json", R"({ "name": "m", "data": { "dataset": "digits" },
    "layers": [
      { "name": "fc", "type": "linear", "units": 5, "init": {"constant": 0} },
      { "name": "output", "type": "linear", "units": 10, "init": {"constant": 0} } ],
    "loss": "softmax_cross_entropy", "training": { "epochs": 1 } })");
  const Outcome outcome = run_program(folder, {"check-grad", "m.json"});
  CHECK(outcome.status == 4);
  CHECK_MESSAGE(contains(outcome.out, "\nINCONCLUSIVE\n"), outcome.out);
}

TEST_CASE("summary counts what one counts by hand") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"summary", kModels + "convnet1.json", "--json"});
  REQUIRE(outcome.status == 0);
  const json summary = json::parse(outcome.out);
  CHECK(summary["input"] == json::array({16, 16, 1}));
  const json& conv = summary["layers"][2];  // 3x3 kernels, 16 -> 32 channels, on 8x8 places
  CHECK(conv["name"] == "conv_2");
  CHECK(conv["output"] == json::array({8, 8, 32}));
  CHECK(conv["channels"] == 32);
  CHECK(conv["units"] == 8 * 8 * 32);
  CHECK(conv["parameters_without_biases"] == 3 * 3 * 16 * 32);
  CHECK(conv["parameters"] == 3 * 3 * 16 * 32 + 32);
  CHECK(conv["connections"] == 8 * 8 * 32 * (3 * 3 * 16 + 1));
  CHECK(conv["multiply_adds"] == 8 * 8 * 32 * 3 * 3 * 16);
  // 160 + 4,640 + (4·4·32·64 + 64) + (64·10 + 10)
  CHECK(summary["total"]["parameters"] == 38282);

  const Outcome text = run_program(folder, {"summary", kModels + "convnet1.json"});
  CHECK(contains(text.out, "\nconv_2 "));
  CHECK(contains(text.out, "38,282"));
  const Outcome large = run_program(folder, {"summary", kModels + "cifar_vgg.json"});
  std::istringstream lines(text.out + large.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
}

TEST_CASE("schema prints the schema that the models folder has") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"schema"});
  CHECK(outcome.status == 0);
  std::ifstream file(kModels + "model.schema.json");
  CHECK(json::parse(outcome.out) == json::parse(file));
}

}  // namespace
}  // namespace autonet
