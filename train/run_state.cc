#include "train/run_state.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLastWeights = "run/last/";  // how the names of the last weights begin

std::string slot_prefix(int k) {
  return text::concat("run/slot", k, "/");
}

Json to_json(const Metrics& m, const std::string& loss) {
  return {{loss, m.loss}, {"accuracy", m.accuracy}, {"rmse", m.rmse}};
}

Metrics metrics_of(const Json& json, const std::string& loss) {
  // Older checkpoints name every loss "cross_entropy".
  const std::string& key = json.contains(loss) ? loss : "cross_entropy";
  // Those written before there was regression have no root mean squared error.
  return {.loss = json.at(key).get<double>(),
          .accuracy = json.at("accuracy").get<double>(),
          .rmse = json.value("rmse", 0.0)};
}

/// `loss` is the key of the model's loss.
Json to_json(const RunState& run, const std::string& loss) {
  Json history = Json::array();
  for (const EpochReport& epoch : run.history) {
    Json row{{"epoch", epoch.epoch}, {"train", to_json(epoch.train, loss)}};
    if (epoch.validation) row["validation"] = to_json(*epoch.validation, loss);
    row["learning_rate"] = epoch.learning_rate;
    row["best"] = epoch.best;
    history.push_back(row);
  }
  return {{"seed", run.seed},
          {"epoch", run.epoch},
          {"batch", run.batch},
          {"step", run.step},
          {"loss_sum", run.loss_sum},
          {"correct_sum", run.correct_sum},
          {"squares_sum", run.squares_sum},
          {"images_sum", run.images_sum},
          {"best_epoch", run.best_epoch},
          {"best", to_json(run.best, loss)},
          {"since_best", run.since_best},
          {"history", history}};
}

RunState run_of(const Json& json, const std::string& loss) {
  RunState run;
  run.seed = json.at("seed").get<std::uint64_t>();
  run.epoch = json.at("epoch").get<Index>();
  run.batch = json.at("batch").get<Index>();
  run.step = json.at("step").get<Index>();
  run.loss_sum = json.at("loss_sum").get<double>();
  run.correct_sum = json.at("correct_sum").get<Index>();
  run.squares_sum = json.value("squares_sum", 0.0);
  run.images_sum = json.at("images_sum").get<Index>();
  run.best_epoch = json.at("best_epoch").get<Index>();
  run.best = metrics_of(json.at("best"), loss);
  run.since_best = json.at("since_best").get<Index>();
  for (const Json& row : json.at("history")) {
    EpochReport epoch;
    epoch.epoch = row.at("epoch").get<Index>();
    epoch.train = metrics_of(row.at("train"), loss);
    if (row.contains("validation")) epoch.validation = metrics_of(row.at("validation"), loss);
    epoch.learning_rate = row.at("learning_rate").get<double>();
    epoch.best = row.at("best").get<bool>();
    run.history.push_back(epoch);
  }
  if (run.epoch < 0 || run.batch < 0 || run.step < 0) throw Error("a count is negative");
  return run;
}

const std::string* find_text(const ArrayFile& file, const std::string& key) {
  for (const auto& [name, text] : file.texts) {
    if (name == key) return &text;
  }
  return nullptr;
}

RunState find_state(const Model& model, const ArrayFile& file, const std::string& path) {
  const std::string* text = find_text(file, "run");
  if (text == nullptr) {
    throw DataError(
        text::concat("checkpoint ", path,
                     ": it holds weights but no run to resume; train anew without --resume"));
  }
  const std::string* trained = find_text(file, "model");
  if (trained == nullptr || *trained != model.text()) {
    throw DataError(
        text::concat("checkpoint ", path, ": it was written for another text of the model than ",
                     model.file(), "; resume with that text, or train anew without --resume"));
  }
  try {
    return run_of(Json::parse(*text), model.loss_key());
  } catch (const std::exception& error) {
    throw DataError(
        text::concat("checkpoint ", path, ": its run state is damaged: ", error.what()));
  }
}

/// Throws DataError unless the counts of the state agree with each other and with the data: those
/// of a damaged file, or of a run on other data, do not.
void check_counts(const RunState& s, const std::string& path, Index images, Index batch) {
  const Index batches = (images + batch - 1) / batch;
  const bool fits = s.batch < batches && s.epoch <= 1'000'000 &&
                    s.step == s.epoch * batches + s.batch && s.images_sum == s.batch * batch &&
                    s.correct_sum >= 0 && s.correct_sum <= s.images_sum && s.best_epoch >= 0 &&
                    s.best_epoch <= s.epoch && static_cast<Index>(s.history.size()) == s.epoch;
  if (!fits) {
    throw DataError(text::concat(
        "checkpoint ", path, ": its run state does not fit the data: epoch ", s.epoch, ", batch ",
        s.batch, " of ", batches, ", step ", s.step, "; was it trained on other images?"));
  }
}

}  // namespace

Run start_run(const Model& model, std::uint64_t seed) {
  const DType dtype = model.training().precision;
  Weights last = model.initial_weights(dtype, seed);
  Weights best = copy_of(last, dtype);
  Optimizer optimizer = optimizer_for(model, last);
  RunState state;
  state.seed = seed;
  return {state, std::move(last), std::move(best), std::move(optimizer)};
}

Run resume_run(const Model& model, const std::string& path, std::optional<std::uint64_t> seed,
               Index images, Index batch) {
  if (path.empty()) {
    throw ModelError("resume: there is no checkpoint to resume from; name one with --checkpoint");
  }
  if (!std::filesystem::exists(path)) {
    throw DataError(
        text::concat("resume: there is no checkpoint ", path, "; start the run without --resume"));
  }
  const ArrayFile file = load_arrays(path);
  RunState state = find_state(model, file, path);
  if (seed && *seed != state.seed) {
    throw ModelError(
        text::concat("resume: the run in ", path, " has seed ", state.seed, ", not ", *seed));
  }
  Weights last = find_weights(model, file, path, kLastWeights);
  Optimizer optimizer = optimizer_for(model, last);
  Run run{std::move(state), std::move(last), find_weights(model, file, path), std::move(optimizer)};
  for (int k = 0; k < run.optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      const Parameter& p = model.parameters()[i];
      run.optimizer.slot(k, i) =
          find_array(file, path, slot_prefix(k) + p.name, p.shape, model.training().precision);
    }
  }
  check_counts(run.state, path, images, batch);
  return run;
}

ArrayFile to_checkpoint(const Model& model, Run& run) {
  ArrayFile file;
  append_weights(file, model, run.best);
  append_weights(file, model, run.last, kLastWeights);
  for (int k = 0; k < run.optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      file.arrays.push_back(
          {slot_prefix(k) + model.parameters()[i].name, run.optimizer.slot(k, i)});
    }
  }
  file.texts.emplace_back("model", model.text());
  file.texts.emplace_back("run", to_json(run.state, model.loss_key()).dump());
  return file;
}

}  // namespace autonet::internal
