#include "train/model_arrays.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/array_formats.h"

namespace autonet::internal {
namespace {

/// The name of a run's array without what the run puts before it: "run/last/", "run/average/" or
/// "run/slot0/".
std::string name_in_model(const std::string& name) {
  for (const char* prefix : {"run/last/", "run/average/"}) {
    if (name.starts_with(prefix)) return name.substr(std::string(prefix).size());
  }
  return name.starts_with("run/slot")
             ? name.substr(std::min(name.find('/', 4), name.size() - 1) + 1)
             : name;
}

const Shape* shape_of(const Model& model, const std::string& name) {
  const auto parameter = std::ranges::find(model.parameters(), name, &Parameter::name);
  if (parameter != model.parameters().end()) return &parameter->shape;
  const auto state = std::ranges::find(model.states(), name, &State::name);
  return state != model.states().end() ? &state->shape : nullptr;
}

}  // namespace

bool is_array_of(const Model& model, const std::string& name, const Shape& shape) {
  const Shape* const expected = shape_of(model, name);
  return expected != nullptr && *expected == shape;
}

ArrayFile load_arrays_of(const Model& model, const std::string& path, CheckpointPart part) {
  return load_chosen_arrays(path, [&](const std::string& name, const ArrayType& type) {
    const std::string own = name_in_model(name);
    const Shape* const shape = shape_of(model, own);
    if (shape == nullptr) {
      throw DataError(text::concat("checkpoint ", path, ": array \"", name, "\" ", type.shape,
                                   " is unknown to the model ", model.name(),
                                   "; was it written for another model?"));
    }
    if (*shape != type.shape) {
      throw DataError(text::concat("checkpoint ", path, ": array \"", name, "\" is ", type.shape,
                                   " but the model needs ", *shape));
    }
    return part == CheckpointPart::run || own == name;
  });
}

}  // namespace autonet::internal
