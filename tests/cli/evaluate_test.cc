#include <limits>
#include <nlohmann/json.hpp>

#include "autonet/train/checkpoint.h"
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

TEST_CASE("evaluate and report do not write over the model or its checkpoint") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  for (const std::string file : {"./m.npz", "m.run.npz", "m.json"}) {
    CHECK(run_program(folder, {"evaluate", "m.json", "--mistakes", file}).status == 2);
    CHECK(run_program(folder, {"report", "m.json", "--out", file}).status == 2);
  }
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

TEST_CASE("weights that are not finite, and results that are not, are errors of their own status") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  ArrayFile file = load_arrays(folder.path("m.npz"));
  const Array weight = file.arrays[0].array.clone();
  const auto with_first = [&](double number, const std::string& path) {
    std::vector<double> numbers = weight.to_vector();
    numbers[0] = number;
    if (number > 1e30) numbers.assign(numbers.size(), number);
    file.arrays[0].array = Array::from<double>(weight.shape(), numbers).to(DType::f32);
    save_arrays(folder.path(path), file);
  };
  ArrayFile inputs;
  inputs.arrays.push_back({"x", Array::full({{1, 16, 16, 1}, DType::f32}, 1)});
  save_arrays(folder.path("x.npz"), inputs);
  const std::vector<std::vector<std::string>> commands = {{"evaluate", "m.json"},
                                                          {"evaluate", "m.json", "--json"},
                                                          {"compare", "m.json"},
                                                          {"predict", "m.json", "x.npz"},
                                                          {"predict", "m.json", "x.npz", "--json"}};
  with_first(std::numeric_limits<double>::quiet_NaN(), "m.npz");
  for (const std::vector<std::string>& words : commands) {
    const Outcome outcome = run_program(folder, words);
    CAPTURE(words[0]);
    CHECK(outcome.status == 3);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(
        outcome.err.starts_with("checkpoint m.npz: array \"output/weight\" [256,10] holds "
                                "1 number that is not finite, the first of them nan at "
                                "place 0; "),
        outcome.err);
  }
  with_first(3e38, "m.npz");  // finite, but its products are not
  for (const std::vector<std::string>& words : commands) {
    const Outcome outcome = run_program(folder, words);
    CAPTURE(words[0]);
    CHECK(outcome.status == 1);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err, "too large to compute with"), outcome.err);
  }
}

TEST_CASE("a .safetensors file is compared with its checksum; one without it is noted once") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const std::vector<std::string> words = {"evaluate", "m.json", "--checkpoint", "m.safetensors"};
  REQUIRE(
      run_program(folder, {"fit", "m.json", "--quiet", "--checkpoint", "m.safetensors"}).status ==
      0);
  const Outcome good = run_program(folder, words);
  CHECK(good.status == 0);
  CHECK(good.err.empty());
  const std::string bytes = folder.read("m.safetensors");
  std::string damaged = bytes;
  damaged[damaged.size() - 5] ^= 1;  // a low bit of a weight
  folder.write("m.safetensors", damaged);
  const Outcome outcome = run_program(folder, words);
  CHECK(outcome.status == 3);
  CHECK_MESSAGE(contains(outcome.err, "reading m.safetensors: the file is damaged: its checksum"),
                outcome.err);
  std::string foreign = bytes;
  foreign.replace(foreign.find("autonet_crc32"), 13, "another_crc32");
  folder.write("m.safetensors", foreign);
  const Outcome noted = run_program(folder, words);
  CHECK(noted.status == 0);
  CHECK(noted.out == good.out);
  CHECK(noted.err ==
        "note: m.safetensors has no checksum, as another program wrote it; if its numbers were "
        "damaged, this could not be seen\n");
  const Outcome from = run_program(
      folder, {"fit", "m.json", "--init-from", "m.safetensors", "--epochs", "1", "--quiet"});
  CHECK(from.status == 0);
  CHECK(from.err == noted.err);
  // A run's file is checked too.
  std::string run = folder.read("m.run.safetensors");
  run[run.size() - 5] ^= 1;
  folder.write("m.run.safetensors", run);
  folder.write("m.safetensors", bytes);
  const Outcome resumed = run_program(
      folder, {"fit", "m.json", "--resume", "--epochs", "5", "--checkpoint", "m.safetensors"});
  CHECK(resumed.status == 3);
  CHECK_MESSAGE(contains(resumed.err, "m.run.safetensors: the file is damaged"), resumed.err);
}

}  // namespace
}  // namespace autonet::cli
