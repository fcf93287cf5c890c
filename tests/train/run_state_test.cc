#include "train/run_state.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

Model model_with_loss(const std::string& loss) {
  return Model::parse(
      R"({"name": "m", "input": [1, 2, 1], "classes": 2,
          "layers": [{"type": "linear", "units": 2}], "loss": ")" +
          loss + "\"}",
      "m.json");
}

/// The checkpoint of a run that has trained one epoch of two batches of two images.
ArrayFile checkpoint(const Model& model) {
  Run run = start_run(model, 1);
  run.state.epoch = 1;
  run.state.step = 2;
  run.state.best_epoch = 1;
  run.state.best = {0.25, 0.5};
  EpochReport report;
  report.epoch = 1;
  report.train = {0.125, 0.75};
  report.validation = run.state.best;
  run.state.history = {report};
  return to_checkpoint(model, run);
}

std::string& run_text(ArrayFile& file) {
  return file.texts.at(1).second;
}

void check_run(const Model& model, const ArrayFile& file) {
  const ScratchFolder folder;
  const std::string path = folder.path("m.npz");
  save_arrays(path, file);
  const RunState run = resume_run(model, path, std::nullopt, 4, 2).state;
  CHECK(run.epoch == 1);
  CHECK(run.step == 2);
  CHECK(run.best.loss == 0.25);
  CHECK(run.best.accuracy == 0.5);
  REQUIRE(run.history.size() == 1);
  CHECK(run.history[0].train.loss == 0.125);
  CHECK(run.history[0].validation.value().loss == 0.25);
}

TEST_CASE("a run state names the model's loss and is read back") {
  for (const auto& [loss, key] :
       {std::pair{"softmax_cross_entropy",
                  R"("best":{"cross_entropy":0.25,"accuracy":0.5,"rmse":0.0})"},
        std::pair{"mean_squared_error",
                  R"("best":{"squared_error":0.25,"accuracy":0.5,"rmse":0.0})"}}) {
    const Model model = model_with_loss(loss);
    ArrayFile file = checkpoint(model);
    INFO(run_text(file));
    CHECK(run_text(file).find(key) != std::string::npos);
    check_run(model, file);
  }
}

TEST_CASE("a run state that calls every loss cross_entropy, as older versions wrote it, is read") {
  const Model model = model_with_loss("mean_squared_error");
  ArrayFile file = checkpoint(model);
  std::string& text = run_text(file);
  const std::string key = "squared_error";
  for (size_t at = text.find(key); at != std::string::npos; at = text.find(key)) {
    text.replace(at, key.size(), "cross_entropy");
  }
  check_run(model, file);
}

}  // namespace
}  // namespace autonet::internal
