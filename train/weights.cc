#include "autonet/train/weights.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/array_formats.h"
#include "train/finite.h"
#include "train/model_arrays.h"
#include "train/model_texts.h"

namespace autonet {
namespace internal {
namespace {

/// `expected` are parameters or states.
template <typename Expected>
void check_arrays(const Model& model, std::span<const Expected> expected,
                  const std::vector<Array>& arrays, const char* what, std::string_view doing) {
  if (arrays.size() != expected.size()) {
    throw Error(text::concat(doing, ": the model ", model.name(), " has ", expected.size(), " ",
                             what, ", but ", arrays.size(), " were given"));
  }
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i].shape() == expected[i].shape) continue;
    throw Error(text::concat(doing, ": array \"", expected[i].name, "\" is ", arrays[i].shape(),
                             " but the model ", model.name(), " needs ", expected[i].shape));
  }
}

}  // namespace

void check_weights(const Model& model, const Weights& weights, std::string_view doing) {
  check_arrays(model, model.parameters(), weights.parameters, "parameters", doing);
  check_arrays(model, model.states(), weights.states, "states", doing);
}

Weights copy_of(const Weights& weights, DType dtype) {
  Weights own;
  for (const Array& array : weights.parameters) own.parameters.push_back(array.to(dtype).clone());
  for (const Array& array : weights.states) own.states.push_back(array.to(dtype).clone());
  return own;
}

void append_weights(ArrayFile& file, const Model& model, const Weights& weights,
                    const std::string& prefix) {
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    file.arrays.push_back(
        {prefix + model.parameters()[i].name, weights.parameters[i].contiguous()});
  }
  for (size_t i = 0; i < weights.states.size(); ++i) {
    file.arrays.push_back({prefix + model.states()[i].name, weights.states[i].contiguous()});
  }
}

Optimizer optimizer_for(const Model& model, const Weights& weights) {
  const TrainingSettings& settings = model.training();
  std::vector<ParameterFactors> factors;
  for (const Parameter& parameter : model.parameters()) {
    factors.push_back({.learning_rate = parameter.learning_rate_factor,
                       .decay = parameter.decays ? parameter.decay_factor : 0.0});
  }
  return {settings.optimizer, settings.l2_decay, factors, weights.parameters};
}

Array find_array(const ArrayFile& file, const std::string& path, const std::string& name,
                 const Shape& shape, DType dtype) {
  const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
  if (found == file.arrays.end()) {
    throw DataError(text::concat("checkpoint ", path, ": array \"", name, "\" ", shape,
                                 " is missing; was it written for another model?"));
  }
  if (found->array.shape() != shape) {
    throw DataError(text::concat("checkpoint ", path, ": array \"", name, "\" is ",
                                 found->array.shape(), " but the model needs ", shape));
  }
  Array own = Array::uninitialized({shape, dtype});
  own.copy_from(found->array);
  return own;
}

Weights find_weights(const Model& model, const ArrayFile& file, const std::string& path,
                     const std::string& prefix) {
  Weights weights = find_any_weights(model, file, path, prefix);
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    check_finite(weights.parameters[i], path, prefix + model.parameters()[i].name);
  }
  for (size_t i = 0; i < weights.states.size(); ++i) {
    check_finite(weights.states[i], path, prefix + model.states()[i].name);
  }
  return weights;
}

Weights find_any_weights(const Model& model, const ArrayFile& file, const std::string& path,
                         const std::string& prefix) {
  Weights weights;
  const DType dtype = model.training().precision;
  for (const Parameter& p : model.parameters()) {
    weights.parameters.push_back(find_array(file, path, prefix + p.name, p.shape, dtype));
  }
  for (const State& s : model.states()) {
    weights.states.push_back(find_array(file, path, prefix + s.name, s.shape, dtype));
  }
  return weights;
}

}  // namespace internal

Weights load_weights(const Model& model, const std::string& path) {
  internal::check_same_model(model, internal::load_texts(path), path, internal::Compared::layers);
  return internal::find_weights(
      model, internal::load_arrays_of(model, path, internal::CheckpointPart::weights), path);
}

void save_weights(const Model& model, const Weights& weights, const std::string& path) {
  internal::check_weights(model, weights, "save_weights");
  ArrayFile file{.arrays = {}, .texts = {{"model", model.text()}, {"name", model.name()}}};
  internal::append_weights(file, model, weights);
  save_arrays(path, file);
}

}  // namespace autonet
