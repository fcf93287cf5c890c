#pragma once

#include <optional>
#include <span>
#include <string>

#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "autonet/train/metrics.h"
#include "cli/json.h"

namespace autonet::cli {

/// Loss and accuracy of one set of weights on the three parts of its data.
struct Results {
  Metrics train;
  std::optional<Metrics> validation;  // nothing without validation images
  Metrics test;
};

Results results_of(const Model& model, const Splits& data, const Weights& weights,
                   Context& context);

/// A table with a row for each part: its images, loss and accuracy.
std::string table_text(const Model& model, const Results& results, const Splits& data);

/// {"model": …, "train": {"cross_entropy": …, "accuracy": …}, "validation": {…}, "test": {…}},
/// with the key of the model's loss.
Json to_json(const Model& model, const Results& results);

}  // namespace autonet::cli
