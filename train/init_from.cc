#include "train/init_from.h"

#include <algorithm>
#include <map>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "text/suggest.h"
#include "train/array_formats.h"
#include "train/finite.h"
#include "train/model_arrays.h"

namespace autonet::internal {
namespace {

/// "conv_1" of "conv_1/weight".
std::string layer_of(const std::string& array) {
  return array.substr(0, array.rfind('/'));
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// What a file gives to a model, and where it differs.
struct Taken {
  std::vector<std::string> lines;   // what differs
  std::vector<std::string> layers;  // the model's layers in which it does
};

/// A file with weights: the arrays that fit the model, and the shapes of all.
struct SourceFile {
  ArrayFile content;
  std::map<std::string, Shape> shapes;
};

SourceFile load_source(const Model& model, const std::string& path) {
  SourceFile source;
  source.content = load_chosen_arrays(path, [&](const std::string& name, const ArrayType& type) {
    source.shapes.emplace(name, type.shape);
    return is_array_of(model, name, type.shape);
  });
  return source;
}

template <typename Part>
void take(std::span<const Part> parts, std::vector<Array>& arrays, const SourceFile& source,
          const std::string& path, const std::vector<std::string>& except, Taken& taken) {
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const std::string layer = layer_of(part.name);
    if (has(except, layer)) continue;
    const auto& file = source.content;
    const auto found = std::ranges::find(file.arrays, part.name, &NamedArray::name);
    if (found != file.arrays.end()) {
      arrays[i].copy_from(found->array);
      check_finite(arrays[i], path, part.name);
      continue;
    }
    taken.lines.push_back(
        source.shapes.contains(part.name)
            ? text::concat(part.name, ": ", part.shape, " in the model, ",
                           source.shapes.at(part.name), " in the file")
            : text::concat(part.name, ": ", part.shape, " in the model, not in the file"));
    if (!has(taken.layers, layer)) taken.layers.push_back(layer);
  }
}

}  // namespace

Weights weights_from(const Model& model, const std::string& path,
                     const std::vector<std::string>& except, std::uint64_t seed) {
  std::vector<std::string> layers;
  for (const Parameter& p : model.parameters()) {
    if (!has(layers, layer_of(p.name))) layers.push_back(layer_of(p.name));
  }
  for (const std::string& name : except) {
    if (has(layers, name)) continue;
    throw ModelError(text::concat("init-except: the model ", model.name(),
                                  " has no layer with weights named \"", name, "\"",
                                  text::did_you_mean(name, layers)));
  }
  const SourceFile source = load_source(model, path);
  Weights weights = model.initial_weights(model.training().precision, seed);
  Taken taken;
  take(model.parameters(), weights.parameters, source, path, except, taken);
  take(model.states(), weights.states, source, path, except, taken);
  for (const auto& item : source.shapes) {
    const std::string& name = item.first;
    if (name.starts_with("run/") || has(except, layer_of(name))) continue;
    const auto same = [&](const auto& part) { return part.name == name; };
    if (std::ranges::any_of(model.parameters(), same) ||
        std::ranges::any_of(model.states(), same)) {
      continue;
    }
    taken.lines.push_back(text::concat(name, ": ", item.second, " in the file, not in the model"));
  }
  if (taken.layers.empty()) return weights;  // layers that only the file has are left out
  std::string advice;
  for (const std::string& layer : taken.layers) advice += " --init-except " + layer;
  throw DataError(text::concat("init-from: the weights in ", path, " do not fit the model ",
                               model.name(), ":\n  ", text::joined(taken.lines, "\n  "),
                               "\nTo start these layers anew, add", advice));
}

}  // namespace autonet::internal
