#pragma once

#include <optional>
#include <span>
#include <string>

#include "autonet/autograd/collective.h"
#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "autonet/train/image_views.h"
#include "autonet/train/metrics.h"
#include "cli/json.h"

namespace autonet::cli {

/// How well one set of weights does on the three parts of its data.
struct Results {
  std::optional<Metrics> train;       // nothing if it was left out
  std::optional<Metrics> validation;  // nothing without validation examples
  std::optional<Metrics> test;        // nothing without test examples
};

/// `train`: on the training examples too, which takes the longest. `collective`: the processes that
/// share the work, or null.
Results results_of(const Model& model, const Splits& data, const Weights& weights, Context& context,
                   const ImageViews& views = {}, bool train = true,
                   Collective* collective = nullptr);

/// Throws Error, naming the part, if a loss or a root mean squared error is not finite. `path`: the
/// file with the weights.
void check_finite(const Model& model, const Results& results, const std::string& path);

/// The name of the figure beside the loss: "accuracy" or, in regression, "RMSE".
std::string quality_name(const Model& model);
/// That figure as text.
std::string quality_text(const Model& model, const Metrics& metrics);

/// A table with a row for each part: its size, loss and accuracy or root mean squared error.
std::string table_text(const Model& model, const Results& results, const Splits& data);

/// {"model": …, "train": {"cross_entropy": …, "accuracy": …}, "validation": {…}, "test": {…}}
Json to_json(const Model& model, const Results& results);

}  // namespace autonet::cli
