#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("data list shows the built-in set and a folder that was found") {
  const TestFolder folder;
  const Outcome text = run_program(folder, {"data", "list", "--data-dir", folder.path()});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "Looked for in:\n  " + folder.path() + "\n"));
  CHECK(contains(text.out, "digits"));
  CHECK(contains(text.out, "built in"));
  const Outcome one =
      run_program(folder, {"data", "list", "usps"},
                  {{"AUTONET_DATA", folder.path()}, {"XDG_CACHE_HOME", folder.path()}});
  CHECK(one.status == 0);
  CHECK(contains(one.out, "not found"));
  CHECK(contains(one.out, "sha256"));
  CHECK(contains(one.out, "usps"));
  CHECK_FALSE(contains(one.out, "\ndigits"));
}

TEST_CASE("data list --json has null where a data set is not found") {
  const TestFolder folder;
  const Outcome outcome =
      run_program(folder, {"data", "list", "--json"},
                  {{"AUTONET_DATA", folder.path()}, {"XDG_CACHE_HOME", folder.path()}});
  REQUIRE(outcome.status == 0);
  const auto sets = nlohmann::json::parse(outcome.out);
  for (const auto& set : sets) {
    if (set["name"] == "digits") {
      CHECK(set["found"] == "built in");
      CHECK(set["image"] == nlohmann::json::array({16, 16, 1}));
    } else {
      CHECK(set["found"].is_null());
    }
  }
  const Outcome unknown = run_program(folder, {"data", "list", "uspss"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "unknown data set \"uspss\""));
}

}  // namespace
}  // namespace autonet::cli
