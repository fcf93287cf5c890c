#include "train/failed_step.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/weights.h"
#include "train/array_formats.h"
#include "train/model_arrays.h"
#include "train/model_texts.h"
#include "train/prepare_batch.h"
#include "train/step_report.h"

namespace autonet::internal {

std::string not_finite_in(const Model& model, const Weights& weights) {
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    const std::vector<double> numbers = weights.parameters[i].to_vector();
    if (!std::ranges::all_of(numbers, [](double v) { return std::isfinite(v); })) {
      return model.parameters()[i].name;
    }
  }
  return "";
}

std::string failed_file_of(const std::string& checkpoint) {
  const std::string ending = std::filesystem::path(checkpoint).extension().string();
  return checkpoint.substr(0, checkpoint.size() - ending.size()) + ".failed" + ending;
}

void save_failed_step(const Model& model, const std::string& path, const FailedStep& failed) {
  ArrayFile file;
  file.arrays.push_back({"x", failed.x});
  file.arrays.push_back({"y", failed.y});
  append_weights(file, model, failed.weights);
  file.texts.emplace_back("model", model.text());
  file.texts.emplace_back("name", model.name());
  const nlohmann::ordered_json json{{"epoch", failed.epoch},
                                    {"batch", failed.batch},
                                    {"step", failed.step},
                                    {"learning_rate", failed.learning_rate},
                                    {"seed", failed.seed},
                                    {"what", failed.what},
                                    {"validation", failed.validation}};
  file.texts.emplace_back("failed_step", json.dump());
  save_arrays(path, file);
}

namespace {

/// The weights and the batch of a failed step of `model`.
ArrayFile load_arrays_of_step(const Model& model, const std::string& path, Model::Mode mode) {
  return load_chosen_arrays(path, [&](const std::string& name, const ArrayType& type) {
    const Index n = std::max<Index>(1, type.shape.rank() > 0 ? type.shape[0] : 0);
    const bool fits = name == "x"   ? type.shape == model.batch_shape(n)
                      : name == "y" ? type.shape == target_type(model, n, mode).shape
                                    : is_array_of(model, name, type.shape);
    if (fits) return true;
    throw DataError(text::concat("replaying ", path, ": the array \"", name, "\" ", type.shape,
                                 " does not fit the model"));
  });
}

}  // namespace

std::pair<Model, FailedStep> load_failed_step(const std::string& path) {
  const ArrayFile texts = load_texts(path);
  const std::string* text = find_text(texts, "failed_step");
  const std::string* model_text = find_text(texts, "model");
  if (text == nullptr || model_text == nullptr) {
    throw DataError(text::concat("replaying ", path, ": it holds no failed step of a run"));
  }
  const Model model = Model::parse(*model_text, path);
  FailedStep failed;
  try {
    const auto json = nlohmann::json::parse(*text);
    failed.epoch = json.at("epoch").get<Index>();
    failed.batch = json.at("batch").get<Index>();
    failed.step = json.at("step").get<Index>();
    failed.learning_rate = json.at("learning_rate").get<double>();
    failed.seed = json.at("seed").get<std::uint64_t>();
    failed.what = json.at("what").get<std::string>();
    failed.validation = json.at("validation").get<bool>();
  } catch (const nlohmann::json::exception& error) {
    throw DataError(text::concat("replaying ", path, ": its step is damaged: ", error.what()));
  }
  ArrayFile file = load_arrays_of_step(model, path, failed.mode());
  const auto taken = [&](const std::string& name) {
    const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
    if (found == file.arrays.end() || found->array.rank() == 0) {
      throw DataError(text::concat("replaying ", path, ": the array \"", name, "\" is missing"));
    }
    Array array = found->array;
    file.arrays.erase(found);
    return array;
  };
  failed.x = taken("x");
  failed.y = taken("y");
  failed.weights = find_any_weights(model, file, path);
  const Index n = std::max<Index>(1, failed.x.shape()[0]);
  const Shape targets = target_type(model, n, failed.mode()).shape;
  if (failed.x.shape() != model.batch_shape(n) || failed.y.shape() != targets) {
    throw DataError(text::concat("replaying ", path, ": x ", failed.x.shape(), " and y ",
                                 failed.y.shape(), " do not fit the model"));
  }
  return {model, failed};
}

std::string keep_failed_step(const Model& model, Context& context, const std::string& checkpoint,
                             const Examples& examples, std::span<const Index> batch,
                             FailedStep& failed) {
  const Index n = std::ssize(batch);
  std::optional<BatchChanges> changes;
  if (!failed.validation) {
    changes = {.seed = failed.seed, .epoch = failed.epoch - 1, .step = failed.step};
  }
  PreparedBatch prepared = empty_batch(model, n, failed.mode());
  prepare_batch(model, context, examples, batch, changes, prepared);
  failed.x = prepared.inputs;
  failed.y = prepared.targets;
  const std::string first = report_step(model, context, failed.weights, failed.x, failed.y,
                                        failed.step, failed.seed, failed.mode())
                                .first_failure();
  if (first.empty() && failed.validation) return "";
  if (!first.empty()) failed.what = first + (failed.validation ? " on validation examples" : "");
  if (checkpoint.empty()) return "";
  const std::string file = failed_file_of(checkpoint);
  try {
    save_failed_step(model, file, failed);
  } catch (const DataError& error) {
    return text::concat("\nThe batch could not be kept: ", error.what());
  }
  return text::concat("\nThe batch and the weights before the step are in ", file,
                      ". To see the step layer by layer:\n  autonet replay ", file);
}

}  // namespace autonet::internal
