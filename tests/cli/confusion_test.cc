// Confusions, class by class, and the pictures of mistakes and of examples.
#include "cli/confusion.h"

#include <nlohmann/json.hpp>

#include "cli/contact_sheet.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

Judgement judged(Index classes) {
  Judgement judgement{.part = "test"};
  for (Index k = 0; k < classes; ++k) judgement.names.push_back("c" + std::to_string(k));
  judgement.counts.resize(static_cast<size_t>(classes * classes));
  for (Index k = 0; k < classes; ++k) judgement.counts[static_cast<size_t>(k * classes + k)] = 4;
  judgement.counts[1] = 12;                                // c0 taken for c1
  judgement.counts[static_cast<size_t>(2 * classes)] = 1;  // c2 taken for c0
  return judgement;
}

size_t widest(const std::string& text) {
  std::istringstream lines(text);
  size_t most = 0;
  for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
  return most;
}

TEST_CASE("a matrix of few classes") {
  const std::string text = confusion_text(judged(3));
  CHECK(contains(text, "class  c0  c1  c2  accuracy\n"));
  CHECK(contains(text, "c0      4  12   .   25.00 %\n"));
  CHECK(contains(text, "c2      1   .   4   80.00 %\n"));
}

TEST_CASE("many classes, or wide ones, become a list within 80 columns") {
  const std::string many = confusion_text(judged(30));
  CHECK(contains(many, "The 20 least accurate classes of 30"));
  CHECK(contains(many, "c0     c1            12\n"));
  CHECK(widest(many) <= 80);
  Judgement wide = judged(20);
  for (Index& count : wide.counts) count = 12345;
  const std::string text = confusion_text(wide);
  CHECK(contains(text, "The most frequent confusions"));
  CHECK(widest(text) <= 80);
  CHECK(widest(confusion_text(judged(15))) <= 80);
  CHECK(to_json(judged(30))["confusion"].is_null());
  CHECK(to_json(judged(30))["confusions"][0]["count"] == 12);
}

TEST_CASE("evaluate counts every example once, and draws the mistakes") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome text = run_program(folder, {"evaluate", "m.json", "--mistakes", "mistakes.png"});
  REQUIRE_MESSAGE(text.status == 0, text.err);
  CHECK(widest(text.out) <= 80);
  CHECK(contains(text.out, "accuracy\n0 "));
  CHECK(contains(text.err, "Wrote mistakes.png: the 60 most wrong of "));
  const Picture sheet = read_picture(folder.path("mistakes.png"));
  CHECK(sheet.cols == 10 * (64 + 12));
  CHECK(sheet.channels == 1);

  const auto json =
      nlohmann::json::parse(run_program(folder, {"evaluate", "m.json", "--json"}).out);
  const auto& classes = json["classes"];
  CHECK(classes["part"] == "test");
  Index all = 0;
  Index right = 0;
  for (size_t i = 0; i < 10; ++i) {
    for (size_t k = 0; k < 10; ++k) all += classes["confusion"][i][k].get<Index>();
    right += classes["confusion"][i][i].get<Index>();
    CHECK(classes["per_class"][i]["accuracy"].get<double>() ==
          doctest::Approx(classes["confusion"][i][i].get<double>() /
                          classes["per_class"][i]["examples"].get<double>()));
  }
  CHECK(all == 2007);
  CHECK(json["test"]["accuracy"].get<double>() ==
        doctest::Approx(static_cast<double>(right) / static_cast<double>(all)));
}

TEST_CASE("--mistakes needs images and classes, and a file that can be written") {
  const TestFolder folder;
  folder.write("v.json", R"({"input": [4], "outputs": 1, "data": {"file": "v.npz"},
    "layers": [{"type": "linear", "units": 1}], "loss": "mean_squared_error",
    "training": {"epochs": 1, "optimizer": {"type": "sgd", "learning_rate": 0.1},
                 "checkpoint": "vw.npz"}})");
  const Outcome vectors = run_program(folder, {"evaluate", "v.json", "--mistakes", "m.png"});
  CHECK(vectors.status == 2);
  CHECK(contains(vectors.err, "it needs images"));
  folder.write("m.json", small_model("m", 1));
  const Outcome nowhere = run_program(folder, {"evaluate", "m.json", "--mistakes", "no/m.png"});
  CHECK(nowhere.status == 3);
  CHECK(contains(nowhere.err, "no/m.png"));
}

TEST_CASE("data show draws a row for each class") {
  const TestFolder folder;
  const Outcome shown = run_program(folder, {"data", "show", "digits"});
  REQUIRE_MESSAGE(shown.status == 0, shown.err);
  CHECK(contains(shown.out, "Wrote digits.png"));
  const Picture sheet = read_picture(folder.path("digits.png"));
  CHECK(sheet.cols == 12 * (64 + 12));
  CHECK(sheet.rows == 10 * (64 + 3 + 18 + 12));
  const Outcome unknown = run_program(folder, {"data", "show", "digit"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "did you mean \"digits\"?"));
}

TEST_CASE("data show draws the data of a model, which may be one's own") {
  const TestFolder folder;
  for (const char* name : {"cat", "dog"}) {
    std::filesystem::create_directories(folder.path(std::string("pictures/") + name));
    for (const char* file : {"1", "2", "3"}) {
      folder.write(std::string("pictures/") + name + "/" + file + ".pgm",
                   "P5 4 4 255\n" + std::string(16, name[0]));
    }
  }
  folder.write("m.json", R"({"name": "m", "data": {"folder": "pictures", "validation": 0},
      "layers": [{"name": "output", "type": "linear", "units": 2}],
      "training": {"epochs": 1}})");
  const Outcome shown = run_program(folder, {"data", "show", "m.json"});
  REQUIRE_MESSAGE(shown.status == 0, shown.err);
  CHECK(contains(shown.out, "Wrote m.png: the first 12 training images of each class of "));
  const Picture sheet = read_picture(folder.path("m.png"));
  CHECK(sheet.cols > sheet.rows);
  folder.write("v.json", R"({"name": "v", "input": [4], "classes": 2, "layers": [
      {"name": "output", "type": "linear", "units": 2}]})");
  const Outcome vectors = run_program(folder, {"data", "show", "v.json"});
  CHECK(vectors.status == 2);
  CHECK(contains(vectors.err, "data show: v reads inputs [4] and has 2 classes; it needs images"));
}

}  // namespace
}  // namespace autonet::cli
