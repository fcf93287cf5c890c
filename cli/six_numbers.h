#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>

#include "data/splits.h"
#include "models/model.h"
#include "train/metrics.h"

namespace autonet {

/// Cross-entropy and accuracy of one set of weights on the three parts of its data.
struct SixNumbers {
  Metrics train;
  std::optional<Metrics> validation;  // none without validation images
  Metrics test;
};

SixNumbers six_numbers(const Model& model, const Splits& data, std::span<const Array> parameters,
                       std::span<const Array> states, Context& context);

/// A table of three rows: images, cross-entropy, accuracy.
std::string table_text(const Model& model, const SixNumbers& numbers, const Splits& data);

/// {"model": …, "train": {"cross_entropy": …, "accuracy": …}, "validation": {…}, "test": {…}}
nlohmann::ordered_json to_json(const std::string& model, const SixNumbers& numbers);

}  // namespace autonet
