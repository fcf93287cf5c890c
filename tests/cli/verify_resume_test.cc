#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("verify-resume compares runs that are stopped and resumed with one that is not") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome text = run_program(folder, {"verify-resume", "m.json", "--quiet"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK(text.out.starts_with("PASSED: m, 2 epochs, stopped and resumed"));
  CHECK_MESSAGE(contains(text.out, "\n1                      2 of 4  same bytes  same bytes\n"),
                text.out);
  const Outcome outcome =
      run_program(folder, {"verify-resume", "m.json", "--json", "--epochs", "1", "--threads", "1"});
  CHECK(outcome.status == 0);
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["verdict"] == "PASSED");
  CHECK(report["points"].size() == 3);
  CHECK(report["all_points_in_turn"] == true);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));
}

}  // namespace
}  // namespace autonet::cli
