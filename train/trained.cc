// What fit() returns, as a file.
#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/weights.h"
#include "train/array_formats.h"
#include "train/model_arrays.h"

namespace autonet {

void Trained::save(const std::string& path) const {
  save_weights(model, weights, path);
}

Trained load_trained(const std::string& path) {
  const ArrayFile file = internal::load_texts(path);
  const auto text = std::ranges::find(file.texts, "model", [](const auto& t) { return t.first; });
  if (text == file.texts.end()) {
    throw DataError(text::concat("loading ", path, ": it holds no model"));
  }
  Trained trained{.model = Model::parse(text->second, path)};
  trained.weights = internal::find_weights(
      trained.model,
      internal::load_arrays_of(trained.model, path, internal::CheckpointPart::weights), path);
  return trained;
}

}  // namespace autonet
