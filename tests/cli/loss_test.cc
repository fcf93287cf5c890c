#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// small_model() with a mean squared error instead of a cross-entropy.
std::string squares_model(const std::string& name, int epochs = 2) {
  const std::string loss = "softmax_cross_entropy";
  std::string text = small_model(name, epochs);
  return text.replace(text.find(loss), loss.size(), "mean_squared_error");
}

void check_squares(const json& metrics) {
  CAPTURE(metrics.dump());
  CHECK(metrics.size() == 2);
  CHECK(metrics.at("squared_error").get<double>() > 0.0);
  CHECK(metrics.at("accuracy").get<double>() <= 1.0);
}

TEST_CASE("a squared error has its own name in fit, its log, evaluate and compare") {
  const TestFolder folder;
  folder.write("a.json", small_model("a", 1));
  folder.write("b.json", squares_model("b"));
  REQUIRE(run_program(folder, {"fit", "a.json", "--quiet"}).status == 0);
  const Outcome fit = run_program(folder, {"fit", "b.json", "--log", "run.jsonl"});
  CAPTURE(fit.err);
  REQUIRE(fit.status == 0);
  CHECK(contains(fit.out, "\n            images  squared error  accuracy\ntrain          200 "));
  CHECK_FALSE(contains(fit.out, "entropy"));
  std::istringstream lines(folder.read("run.jsonl"));
  int epochs = 0;
  for (std::string line; std::getline(lines, line); ++epochs) {
    check_squares(json::parse(line).at("train"));
    check_squares(json::parse(line).at("validation"));
  }
  CHECK(epochs == 2);

  const json six = json::parse(run_program(folder, {"evaluate", "b.json", "--json"}).out);
  for (const char* part : {"train", "validation", "test"}) check_squares(six.at(part));
  const Outcome compare = run_program(folder, {"compare", "a.json", "b.json", "--json"});
  REQUIRE(compare.status == 0);
  const json rows = json::parse(compare.out);
  CHECK(rows[0].at("test").contains("cross_entropy"));
  for (const char* part : {"train", "validation", "test"}) CHECK(rows[1].at(part) == six.at(part));
  CHECK(compare.err ==
        "Compare the accuracies only: the models have different losses (a: cross-entropy, "
        "b: squared error).\n");
}

}  // namespace
}  // namespace autonet::cli
