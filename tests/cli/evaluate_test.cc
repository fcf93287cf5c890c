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

TEST_CASE("evaluate and predict average over views of each image") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const json plain = json::parse(run_program(folder, {"evaluate", "m.json", "--json"}).out);
  CHECK_FALSE(plain.contains("average"));
  const Outcome outcome =
      run_program(folder, {"evaluate", "m.json", "--json", "--average", "flip,shift=2"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const json averaged = json::parse(outcome.out);
  CHECK(averaged["average"] == json({"flip", "shift=2"}));
  for (const char* part : {"train", "validation", "test"}) {
    CHECK(averaged[part]["cross_entropy"] != plain[part]["cross_entropy"]);
  }
  // The confusions are those of the averaged answers too.
  double right = 0;
  double all = 0;
  for (const json& row : averaged["classes"]["per_class"]) {
    const double images = row["examples"];
    right += images * row["accuracy"].get<double>();
    all += images;
  }
  CHECK(right / all == doctest::Approx(averaged["test"]["accuracy"].get<double>()));
  const Outcome text = run_program(folder, {"evaluate", "m.json", "--average", "shift"});
  CHECK(contains(text.out, "m, weights of m.npz, averaged over 5 views of each image\n"));

  const Outcome wrong = run_program(folder, {"evaluate", "m.json", "--average", "mirror"});
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err,
                 "--average: must be flip, shift, shift=PIXELS or several with commas, "
                 "got mirror\n"));
  CHECK(run_program(folder, {"evaluate", "m.json", "--average", "shift=0"}).status == 2);
  const Outcome far = run_program(folder, {"predict", "m.json", "x.png", "--average", "shift=16"});
  CHECK(far.status == 2);
  CHECK(far.err == "--average: images [16,16,1] can be moved by 1 to 15 pixels, got 16\n");
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
