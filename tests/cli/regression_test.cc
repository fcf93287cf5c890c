// Regression on vectors in the program: each command with a model whose data are a file of arrays.
#include <cmath>
#include <nlohmann/json.hpp>

#include "autonet/autograd/random.h"
#include "autonet/train/checkpoint.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// Writes n points x [n,2] with y = x0 - 2 x1 to `name`, a tenth of them as test points.
void write_plane(const std::string& name, Index n) {
  Random random(3);
  const auto points = [&](Index count) {
    Array x = Array::uninitialized({{count, 2}, DType::f32});
    Array y = Array::uninitialized({{count}, DType::f32});
    for (Index i = 0; i < count; ++i) {
      x.set({i, 0}, random.uniform(3, 5));  // not centred: "standardize" has something to do
      x.set({i, 1}, random.uniform(-1, 1));
      y.set({i}, x.at({i, 0}) - 2 * x.at({i, 1}));
    }
    return std::pair{x, y};
  };
  const auto [x, y] = points(n);
  const auto [x_test, y_test] = points(n / 10);
  save_arrays(
      name, {.arrays = {{"x", x}, {"y", y}, {"x_test", x_test}, {"y_test", y_test}}, .texts = {}});
}

std::string plane_model(const std::string& normalize) {
  return R"({"input": [2], "outputs": 1,
    "data": {"file": "plane.npz", "validation": 40, "normalize": ")" +
         normalize + R"("},
    "layers": [{"type": "linear", "units": 8, "activation": "tanh"},
               {"type": "linear", "units": 1}],
    "loss": "mean_squared_error",
    "training": {"epochs": 30, "batch_size": 20, "checkpoint": "plane_model.npz",
                 "optimizer": {"type": "adam", "learning_rate": 0.02}}})";
}

}  // namespace

TEST_CASE("every command reads a model of vectors and real targets") {
  const TestFolder folder;
  write_plane(folder.path("plane.npz"), 200);
  folder.write("plane.json", plane_model("standardize"));
  const Outcome fit = run_program(folder, {"fit", "plane.json", "--log", "run.jsonl"});
  CAPTURE(fit.err);
  REQUIRE(fit.status == 0);
  CHECK(contains(fit.err, "on 160 examples of plane.npz"));
  CHECK(contains(fit.err, "RMSE"));
  CHECK_FALSE(contains(fit.err, "accuracy"));
  CHECK(contains(fit.out, "examples  squared error"));
  CHECK_FALSE(contains(fit.out, "accuracy"));
  const std::string log = folder.read("run.jsonl");
  CHECK(json::parse(log.substr(0, log.find('\n'))).at("train").contains("rmse"));

  const json parts = json::parse(run_program(folder, {"evaluate", "plane.json", "--json"}).out);
  for (const char* part : {"train", "validation", "test"}) {
    CHECK(parts.at(part).size() == 2);
    const double rmse = parts.at(part).at("rmse");
    CHECK(rmse < 0.3);
    CHECK(std::sqrt(parts.at(part).at("squared_error").get<double>()) ==
          doctest::Approx(rmse).epsilon(1e-4));
  }
  const Outcome compare = run_program(folder, {"compare", "plane.json", "plane.json"});
  CHECK(contains(compare.out, "RMSE"));
  CHECK_FALSE(contains(compare.out, "accuracy"));

  save_arrays(
      folder.path("new.npz"),
      {.arrays = {{"x", Array::from<float>({2, 2}, {0.0F, 0.0F, 1.0F, 0.0F})}}, .texts = {}});
  const Outcome predicted =
      run_program(folder, {"predict", "plane.json", "new.npz", "--normalized", "--json"});
  REQUIRE_MESSAGE(predicted.status == 0, predicted.err);
  const json list = json::parse(predicted.out);
  CHECK(list.size() == 2);
  CHECK(list[1].at("example") == "new.npz [1]");
  // The file holds standardized numbers: 0 is x0 = 4, whose deviation is 1 / sqrt(3).
  CHECK(list[0].at("outputs")[0].get<double>() == doctest::Approx(4.0).epsilon(0.1));
  CHECK(list[1].at("outputs")[0].get<double>() == doctest::Approx(4.0 + 0.577).epsilon(0.1));
  // Without --normalized, numbers are those of the data's files: x0 - 2 x1 at (4, 0.5) is 3.
  folder.write("new.csv", "4,0.5\n");
  const Outcome raw = run_program(folder, {"predict", "plane.json", "new.csv", "--json"});
  REQUIRE_MESSAGE(raw.status == 0, raw.err);
  CHECK(json::parse(raw.out)[0].at("outputs")[0].get<double>() ==
        doctest::Approx(3.0).epsilon(0.1));
  CHECK(contains(run_program(folder, {"predict", "plane.json", "new.npz"}).out, "outputs"));
  CHECK(contains(run_program(folder, {"predict", "plane.json", "a.png"}).err,
                 "the model reads arrays [2], not pictures"));

  const json summary = json::parse(run_program(folder, {"summary", "plane.json", "--json"}).out);
  CHECK(summary.at("input") == json({2}));
  CHECK(summary.at("classes") == 0);
  CHECK(summary.at("outputs") == 1);
  CHECK(contains(run_program(folder, {"summary", "plane.json"}).out, "for one example"));
  for (const char* data : {"random", "model"}) {
    const Outcome check = run_program(folder, {"check-grad", "plane.json", "--data", data});
    CHECK_MESSAGE(check.status == 0, check.out, check.err);
    CHECK(contains(check.out, "PASSED"));
  }
}

TEST_CASE("a file of arrays that does not fit is refused by name") {
  const TestFolder folder;
  folder.write("plane.json", plane_model("none"));
  const auto error = [&] { return run_program(folder, {"fit", "plane.json", "--quiet"}).err; };
  CHECK(contains(error(), "plane.npz"));
  write_plane(folder.path("plane.npz"), 30);
  CHECK(contains(error(),
                 "plane.json: \"limit\" 30 and \"validation\" 40 leave none of the 30 examples of "
                 "plane.npz for training; lower them"));
  const Array x = Array::zeros({{50, 2}, DType::f32});
  save_arrays(folder.path("plane.npz"), {.arrays = {{"x", x}, {"z", x}}, .texts = {}});
  CHECK(contains(error(), "reading plane.npz: there is no array \"y\"; it holds \"x\" \"z\""));
  Array y = Array::zeros({{50}, DType::f32});
  y.set({7}, std::nan(""));
  save_arrays(folder.path("plane.npz"), {.arrays = {{"x", x}, {"y", y}}, .texts = {}});
  CHECK(contains(error(), "plane.npz: target 0 of input 7 is nan; all targets must be finite"));
  folder.write("plane.json", plane_model("unit"));
  y.fill(0.0);
  save_arrays(folder.path("plane.npz"), {.arrays = {{"x", x}, {"y", y}}, .texts = {}});
  CHECK(contains(error(), "for a file, choose \"none\" or \"standardize\""));
}

}  // namespace autonet::cli
