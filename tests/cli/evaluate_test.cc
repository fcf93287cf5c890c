#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

TEST_CASE("evaluate without a checkpoint says how to make one") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome missing = run_program(folder, {"evaluate", "m.json"});
  CHECK(missing.status == 3);
  CHECK(missing.err ==
        "reading the weights of m: there is no checkpoint m.npz; make it with: autonet fit "
        "m.json\n");
  folder.write("m.npz", "not an npz");
  const Outcome damaged = run_program(folder, {"evaluate", "m.json"});
  CHECK(damaged.status == 3);
  CHECK(contains(damaged.err, "m.npz"));
}

TEST_CASE("compare shows models side by side, or says which to train first") {
  const TestFolder folder;
  folder.write("a.json", small_model("a"));
  folder.write("b.json", small_model("b", 1));
  REQUIRE(run_program(folder, {"fit", "a.json", "--quiet"}).status == 0);
  const Outcome missing = run_program(folder, {"compare", "a.json", "b.json"});
  CHECK(missing.status == 3);
  CHECK(missing.out.empty());
  CHECK(missing.err ==
        "comparing models: some have no checkpoint yet; train them first:\n  autonet fit b.json\n");

  REQUIRE(run_program(folder, {"fit", "b.json", "--quiet"}).status == 0);
  const Outcome table = run_program(folder, {"compare", "a.json", "b.json"});
  CHECK(table.status == 0);
  CHECK(contains(table.out, "\na           2,570 "));
  CHECK(contains(table.out, "\nb           2,570 "));
  const json rows = json::parse(run_program(folder, {"compare", "a.json", "b.json", "--json"}).out);
  REQUIRE(rows.size() == 2);
  json six = json::parse(run_program(folder, {"evaluate", "a.json", "--json"}).out);
  six.erase("classes");
  six["parameters"] = 2570;
  CHECK(rows[0] == six);
  const Outcome markdown = run_program(folder, {"compare", "a.json", "--markdown"});
  CHECK(markdown.out.rfind("| model | parameters | train loss |", 0) == 0);
}

}  // namespace
}  // namespace autonet::cli
