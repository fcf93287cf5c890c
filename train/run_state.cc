#include "train/run_state.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/array_formats.h"
#include "train/finite.h"
#include "train/made_with.h"
#include "train/model_arrays.h"
#include "train/model_texts.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLastWeights = "run/last/";  // how the names of the last weights begin
constexpr const char* kAverage = "run/average/";   // those of their moving average

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
  return {{"identity", run.identity},
          {"epochs", run.epochs},
          {"seed", run.seed},
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
  run.identity = json.value("identity", "");
  run.epochs = json.value("epochs", Index{0});
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

RunState find_state(const Model& model, const ArrayFile& file, const std::string& path) {
  const std::string* text = find_text(file, "run");
  if (text == nullptr) {
    throw DataError(
        text::concat("checkpoint ", path,
                     ": it holds weights but no run to resume; train anew without --resume, from "
                     "these weights with --init-from"));
  }
  const std::vector<std::string> lines = differences_from(model, file, Compared::run);
  if (!lines.empty()) {
    throw ModelError(text::concat(
        "resume: the run in ", path, " was made with another text of the model than ", model.file(),
        ":\n  ", text::joined(lines, "\n  "),
        "\nResume with the values that it had, or begin a new run from its weights with "
        "--init-from."));
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
  // After all batches of an epoch only its validation is missing.
  const bool fits = s.batch <= batches && s.epoch <= 1'000'000 &&
                    s.step == s.epoch * batches + s.batch &&
                    s.images_sum == std::min(images, s.batch * batch) && s.correct_sum >= 0 &&
                    s.correct_sum <= s.images_sum && s.best_epoch >= 0 && s.best_epoch <= s.epoch &&
                    static_cast<Index>(s.history.size()) == s.epoch;
  if (!fits) {
    throw DataError(text::concat(
        "checkpoint ", path, ": its run state does not fit the data: epoch ", s.epoch, ", batch ",
        s.batch, " of ", batches, ", step ", s.step, "; was it trained on other images?"));
  }
}

}  // namespace

Metrics training_metrics(const Model& model, const RunState& state) {
  const auto count = static_cast<double>(state.images_sum);
  return {.loss = state.loss_sum / count,
          .accuracy = static_cast<double>(state.correct_sum) / count,
          .rmse = std::sqrt(state.squares_sum / (count * static_cast<double>(model.outputs())))};
}

Run start_run(const Model& model, std::uint64_t seed, Index images, Weights initial) {
  const DType dtype = model.training().precision;
  Weights last = std::move(initial);
  Weights best = copy_of(last, dtype);
  Optimizer optimizer = optimizer_for(model, last);
  RunState state;
  state.seed = seed;
  state.epochs = model.training().epochs;
  state.identity = run_identity(model, seed, images, last);
  Weights average = model.training().ema ? copy_of(last, dtype) : Weights{};
  return {state, std::move(last), std::move(best), std::move(optimizer), std::move(average)};
}

void copy_progress(Run& from, Run& to) {
  to.state = from.state;
  for (size_t i = 0; i < to.last.parameters.size(); ++i) {
    to.last.parameters[i].copy_from(from.last.parameters[i]);
    for (int k = 0; k < to.optimizer.slots(); ++k) {
      to.optimizer.slot(k, i).copy_from(from.optimizer.slot(k, i));
    }
  }
  for (size_t i = 0; i < to.last.states.size(); ++i) {
    to.last.states[i].copy_from(from.last.states[i]);
  }
  for (size_t i = 0; i < to.average.parameters.size(); ++i) {
    to.average.parameters[i].copy_from(from.average.parameters[i]);
  }
  for (size_t i = 0; i < to.average.states.size(); ++i) {
    to.average.states[i].copy_from(from.average.states[i]);
  }
}

std::string run_file_of(const std::string& checkpoint) {
  const std::filesystem::path path(checkpoint);
  const std::string ending = path.extension().string();
  return checkpoint.substr(0, checkpoint.size() - ending.size()) + ".run" + ending;
}

void save_run(const Model& model, const std::string& checkpoint, Run& run, bool weights) {
  save_arrays(run_file_of(checkpoint), to_run_file(model, run));
  if (weights) save_arrays(checkpoint, to_weights_file(model, run));
}

namespace {

/// Compares the weights' file with the run, and writes it if it is behind or missing.
void complete_weights(const Model& model, const std::string& path, const Run& run) {
  std::error_code problem;
  if (std::filesystem::exists(path, problem)) {
    const ArrayFile file = load_texts(path);
    const std::string* stamp = find_text(file, "weights_of");
    const Json json = stamp == nullptr ? Json() : Json::parse(*stamp, nullptr, false);
    if (json.is_object() && json.contains("run") && json["run"] == run.state.identity) {
      if (json.contains("epoch") && json["epoch"] == run.state.best_epoch) return;
    } else if (run.state.epoch > 1) {
      throw DataError(text::concat(
          "resume: ", path, " holds the weights of another run than ", run_file_of(path),
          "; move it away, and --resume writes the weights of this run anew"));
    }
  }
  // Until its first epoch has ended, a run leaves the weights of an earlier one.
  if (run.state.best_epoch > 0) save_arrays(path, to_weights_file(model, run));
}

/// The epochs that a resumed run is to have.
Index epochs_of(const Model& model, const ArrayFile& file, const RunState& state) {
  const Index now = model.training().epochs;
  if (state.epochs == 0) return now;  // an older version did not write them
  const std::string* text = find_text(file, "model");
  if (text == nullptr) return state.epochs;
  try {
    const Model then = Model::parse(*text, model.file());
    return then.training().epochs == now ? state.epochs : now;
  } catch (const ModelError&) {
    return state.epochs;
  }
}

}  // namespace

Run resume_run(const Model& model, const std::string& path, std::optional<std::uint64_t> seed,
               Index images, Index batch) {
  if (path.empty()) {
    throw ModelError("resume: there is no checkpoint to resume from; name one with --checkpoint");
  }
  std::error_code problem;  // a file that cannot be looked at is reported when it is read
  const bool apart = std::filesystem::exists(run_file_of(path), problem);
  if (!apart && !std::filesystem::exists(path, problem)) {
    throw DataError(
        text::concat("resume: there is no checkpoint ", path, "; start the run without --resume"));
  }
  const std::string source = apart ? run_file_of(path) : path;
  RunState state = find_state(model, load_texts(source), source);
  const ArrayFile file = load_arrays_of(model, source, CheckpointPart::run);
  if (seed && *seed != state.seed) {
    throw ModelError(
        text::concat("resume: the run in ", source, " has seed ", state.seed, ", not ", *seed));
  }
  state.epochs = epochs_of(model, file, state);
  if (state.identity.empty()) {
    state.identity = run_identity(model, state.seed, images,
                                  model.initial_weights(model.training().precision, state.seed));
  }
  Weights last = find_weights(model, file, source, kLastWeights);
  Optimizer optimizer = optimizer_for(model, last);
  Run run{std::move(state), std::move(last), find_weights(model, file, source),
          std::move(optimizer)};
  if (model.training().ema) run.average = find_weights(model, file, source, kAverage);
  for (int k = 0; k < run.optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      const Parameter& p = model.parameters()[i];
      run.optimizer.slot(k, i) =
          find_array(file, source, slot_prefix(k) + p.name, p.shape, model.training().precision);
      check_no_nan(run.optimizer.slot(k, i), source, slot_prefix(k) + p.name);
    }
  }
  check_counts(run.state, source, images, batch);
  if (apart) complete_weights(model, path, run);
  return run;
}

ArrayFile to_run_file(const Model& model, Run& run) {
  ArrayFile file;
  append_weights(file, model, run.best);
  append_weights(file, model, run.last, kLastWeights);
  append_weights(file, model, run.average, kAverage);
  for (int k = 0; k < run.optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      file.arrays.push_back(
          {slot_prefix(k) + model.parameters()[i].name, run.optimizer.slot(k, i)});
    }
  }
  file.texts.emplace_back("model", model.text());
  file.texts.emplace_back("name", model.name());
  file.texts.emplace_back("run", to_json(run.state, model.loss_key()).dump());
  file.texts.emplace_back("made_with", made_with());
  return file;
}

ArrayFile to_weights_file(const Model& model, const Run& run) {
  ArrayFile file;
  append_weights(file, model, run.best);
  file.texts.emplace_back("model", model.text());
  file.texts.emplace_back("name", model.name());
  const Json stamp{{"run", run.state.identity}, {"epoch", run.state.best_epoch}};
  file.texts.emplace_back("weights_of", stamp.dump());
  file.texts.emplace_back("made_with", made_with());
  return file;
}

}  // namespace autonet::internal
