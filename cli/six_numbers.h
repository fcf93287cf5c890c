#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>

#include "data/splits.h"
#include "models/model.h"
#include "train/metrics.h"

namespace autonet {

/// Loss and accuracy of one set of weights on the three parts of its data.
struct SixNumbers {
  Metrics train;
  std::optional<Metrics> validation;  // none without validation images
  Metrics test;
};

SixNumbers six_numbers(const Model& model, const Splits& data, std::span<const Array> parameters,
                       std::span<const Array> states, Context& context);

/// A table of three rows: images, loss, accuracy.
std::string table_text(const Model& model, const SixNumbers& numbers, const Splits& data);

/// {"model": …, "train": {"cross_entropy": …, "accuracy": …}, "validation": {…}, "test": {…}},
/// with the key of the model's loss.
nlohmann::ordered_json to_json(const Model& model, const SixNumbers& numbers);

}  // namespace autonet
