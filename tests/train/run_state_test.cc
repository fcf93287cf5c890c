#include "train/run_state.h"

#include <filesystem>

#include "autonet/autograd/error.h"
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
  Run run = start_run(model, 1, 4, model.initial_weights(DType::f32, 1));
  run.state.epoch = 1;
  run.state.step = 2;
  run.state.best_epoch = 1;
  run.state.best = {0.25, 0.5};
  EpochReport report;
  report.epoch = 1;
  report.train = {0.125, 0.75};
  report.validation = run.state.best;
  run.state.history = {report};
  return to_run_file(model, run);
}

std::string& run_text(ArrayFile& file) {
  return file.texts.at(2).second;
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

TEST_CASE("a run in one file with the weights, as older versions wrote it, is read") {
  const Model model = model_with_loss("softmax_cross_entropy");
  ArrayFile file = checkpoint(model);
  std::string& text = run_text(file);
  // Neither the run's identity nor the number of its epochs was written.
  const size_t seed = text.find("\"seed\"");
  text = "{" + text.substr(seed);
  std::erase_if(file.texts, [](const auto& t) { return t.first == "name"; });
  check_run(model, file);
  CHECK_FALSE(run_file_of("a/m.npz") == "a/m.npz");
}

TEST_CASE(
    "a run of a newer version is read as far as it is known, or refused with what is missing") {
  const Model model = model_with_loss("softmax_cross_entropy");
  ArrayFile file = checkpoint(model);
  file.texts.emplace_back("something_new", "text");
  std::string& text = run_text(file);
  text = R"({"form": 7, "more": {"a": [1, 2]}, )" + text.substr(1);
  check_run(model, file);
  text.replace(text.find("\"best_epoch\""), 12, "\"best_place\"");
  const ScratchFolder folder;
  const std::string path = folder.path("m.npz");
  save_arrays(path, file);
  const std::string error = data_error([&] { resume_run(model, path, std::nullopt, 4, 2); });
  CHECK_MESSAGE(contains(error, "its run state is damaged"), error);
  CHECK_MESSAGE(contains(error, "best_epoch"), error);
}

TEST_CASE("the file of a run stands beside that of its weights") {
  CHECK(run_file_of("a.b/m.npz") == "a.b/m.run.npz");
  CHECK(run_file_of("m.safetensors") == "m.run.safetensors");
}

/// Saves a run whose best epoch is the one that it has just ended, then the weights of another
/// state.
struct SavedRun {
  ScratchFolder folder;
  Model model = model_with_loss("softmax_cross_entropy");
  std::string path = folder.path("m.npz");
  Run run = start_run(model, 1, 4, model.initial_weights(DType::f32, 1));

  SavedRun(Index epoch, Index best) {
    run.state.epoch = epoch;
    run.state.step = 2 * epoch;
    run.state.best_epoch = best;
    run.state.history.resize(static_cast<size_t>(epoch));
    save_run(model, path, run, true);
  }
  RunState resume() { return resume_run(model, path, std::nullopt, 4, 2).state; }
};

TEST_CASE("a kill between the two files of a run is made good when it is resumed") {
  SavedRun saved(3, 3);
  const std::string good = file_content(saved.path);
  Run earlier = saved.run;
  earlier.state.best_epoch = 2;
  save_arrays(saved.path, to_weights_file(saved.model, earlier));  // the weights were not written
  REQUIRE(file_content(saved.path) != good);
  CHECK(saved.resume().epoch == 3);
  CHECK(file_content(saved.path) == good);
  std::filesystem::remove(saved.path);
  saved.resume();
  CHECK(file_content(saved.path) == good);
}

TEST_CASE("weights of another run beside a run are an error, but those of an earlier one are not") {
  SavedRun saved(3, 3);
  Run other = saved.run;
  other.state.identity = "another";
  const ArrayFile others = to_weights_file(saved.model, other);
  save_arrays(saved.path, others);
  CHECK_THROWS_WITH_AS(
      saved.resume(),
      ("resume: " + saved.path + " holds the weights of another run than " +
       run_file_of(saved.path) + "; move it away, and --resume writes the weights of this run anew")
          .c_str(),
      DataError);
  SavedRun young(0, 0);  // stopped in its first epoch, beside the weights of an earlier run
  save_arrays(young.path, others);
  const std::string before = file_content(young.path);
  CHECK(young.resume().epoch == 0);
  CHECK(file_content(young.path) == before);
}

}  // namespace
}  // namespace autonet::internal
