#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/run_program.h"

namespace autonet {
namespace {

using nlohmann::json;

const std::string kModels = std::string(AUTONET_SOURCE_DIR) + "/models/";

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
