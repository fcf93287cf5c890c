#include "train/run_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autograd/error.h"

namespace autonet {
namespace {

using Json = nlohmann::ordered_json;

std::string slot_prefix(int k) {
  return "run/slot" + std::to_string(k) + "/";
}

Json to_json(const Metrics& m) {
  return {{"cross_entropy", m.cross_entropy}, {"accuracy", m.accuracy}};
}

Metrics metrics_of(const Json& json) {
  return {json.at("cross_entropy").get<double>(), json.at("accuracy").get<double>()};
}

Json to_json(const RunState& run) {
  Json history = Json::array();
  for (const EpochReport& epoch : run.history) {
    Json row{{"epoch", epoch.epoch}, {"train", to_json(epoch.train)}};
    if (epoch.validation) row["validation"] = to_json(*epoch.validation);
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
          {"images_sum", run.images_sum},
          {"best_epoch", run.best_epoch},
          {"best", to_json(run.best)},
          {"since_best", run.since_best},
          {"history", history}};
}

RunState run_of(const Json& json) {
  RunState run;
  run.seed = json.at("seed").get<std::uint64_t>();
  run.epoch = json.at("epoch").get<Index>();
  run.batch = json.at("batch").get<Index>();
  run.step = json.at("step").get<Index>();
  run.loss_sum = json.at("loss_sum").get<double>();
  run.correct_sum = json.at("correct_sum").get<Index>();
  run.images_sum = json.at("images_sum").get<Index>();
  run.best_epoch = json.at("best_epoch").get<Index>();
  run.best = metrics_of(json.at("best"));
  run.since_best = json.at("since_best").get<Index>();
  for (const Json& row : json.at("history")) {
    EpochReport epoch;
    epoch.epoch = row.at("epoch").get<Index>();
    epoch.train = metrics_of(row.at("train"));
    if (row.contains("validation")) epoch.validation = metrics_of(row.at("validation"));
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

/// Throws DataError if a file has an array, beside a run's own, of which the model knows nothing:
/// weights that would silently not take part.
void check_no_others(const Model& model, const ArrayFile& file, const std::string& path) {
  for (const NamedArray& named : file.arrays) {
    if (named.name.starts_with(kLastWeights) || named.name.starts_with("run/slot")) continue;
    const auto same = [&](const auto& p) { return p.name == named.name; };
    if (std::ranges::any_of(model.parameters(), same) ||
        std::ranges::any_of(model.states(), same)) {
      continue;
    }
    throw DataError("checkpoint " + path + ": array \"" + named.name + "\" " +
                    named.array.shape().str() + " is none of the model " + model.name() +
                    "; was it written for another model?");
  }
}

/// The array of that name with that shape, converted, of its own.
Array find_array(const ArrayFile& file, const std::string& path, const std::string& name,
                 const Shape& shape, DType dtype) {
  const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
  if (found == file.arrays.end()) {
    throw DataError("checkpoint " + path + ": array \"" + name + "\" " + shape.str() +
                    " is missing; was it written for another model?");
  }
  if (found->array.shape() != shape) {
    throw DataError("checkpoint " + path + ": array \"" + name + "\" is " +
                    found->array.shape().str() + " but the model wants " + shape.str());
  }
  Array own = Array::uninitialized({shape, dtype});
  own.copy_from(found->array);
  return own;
}

void append(ArrayFile& file, const std::string& prefix, const Model& model,
            std::span<const Array> parameters, std::span<const Array> states) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    file.arrays.push_back({prefix + model.parameters()[i].name, parameters[i]});
  }
  for (size_t i = 0; i < states.size(); ++i) {
    file.arrays.push_back({prefix + model.states()[i].name, states[i]});
  }
}

}  // namespace

ArrayFile to_checkpoint(const Model& model, const RunState& run, std::span<const Array> best,
                        std::span<const Array> best_states, std::span<const Array> last,
                        std::span<const Array> last_states, Optimizer& optimizer) {
  ArrayFile file;
  append(file, {}, model, best, best_states);
  append(file, kLastWeights, model, last, last_states);
  for (int k = 0; k < optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      file.arrays.push_back({slot_prefix(k) + model.parameters()[i].name, optimizer.slot(k, i)});
    }
  }
  file.texts.emplace_back("model", model.text());
  file.texts.emplace_back("run", to_json(run).dump());
  return file;
}

LoadedWeights find_weights(const Model& model, const ArrayFile& file, const std::string& path,
                           const std::string& prefix) {
  LoadedWeights weights;
  if (prefix.empty()) check_no_others(model, file, path);
  const DType dtype = model.training().precision;
  for (const Parameter& p : model.parameters()) {
    weights.parameters.push_back(find_array(file, path, prefix + p.name, p.shape, dtype));
  }
  for (const State& s : model.states()) {
    weights.states.push_back(find_array(file, path, prefix + s.name, s.shape, dtype));
  }
  return weights;
}

std::optional<RunState> find_run(const Model& model, const ArrayFile& file,
                                 const std::string& path) {
  const std::string* text = find_text(file, "run");
  if (text == nullptr) return std::nullopt;
  const std::string* trained = find_text(file, "model");
  if (trained == nullptr || *trained != model.text()) {
    throw DataError("checkpoint " + path + ": it was written for another text of the model than " +
                    model.file() + "; resume with that text, or train anew without --resume");
  }
  try {
    return run_of(Json::parse(*text));
  } catch (const std::exception& error) {
    throw DataError("checkpoint " + path + ": its run state is damaged: " + error.what());
  }
}

void restore_slots(const Model& model, const ArrayFile& file, const std::string& path,
                   Optimizer& optimizer) {
  const DType dtype = model.training().precision;
  for (int k = 0; k < optimizer.slots(); ++k) {
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      const Parameter& p = model.parameters()[i];
      optimizer.slot(k, i).copy_from(
          find_array(file, path, slot_prefix(k) + p.name, p.shape, dtype));
    }
  }
}

}  // namespace autonet
