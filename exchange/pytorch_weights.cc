#include "autonet/exchange/pytorch_weights.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"
#include "exchange/pytorch_layout.h"

namespace autonet {
namespace {

using internal::Placement;
using internal::placements_of;

/// The weights of a model one after another: its parameters, then its states.
std::vector<Array> in_order(const Weights& weights) {
  std::vector<Array> all = weights.parameters;
  all.insert(all.end(), weights.states.begin(), weights.states.end());
  return all;
}

/// The part of an array's name before its role: "features.0" of "features.0.weight".
std::string module_of(const std::string& name) {
  const size_t dot = name.rfind('.');
  std::string module = dot == std::string::npos ? "" : name.substr(0, dot);
  if (module == "out_proj") return "";
  if (module.ends_with(".out_proj")) module.resize(module.size() - 9);
  return module;
}

/// True if `a` comes before `b`, where a number within a name counts by its value.
bool before(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    const auto number = [&digit](const std::string& text, size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const size_t first = at;
      while (at < text.size() && digit(text[at])) ++at;
      return text.substr(first, at - first);
    };
    const std::string x = number(a, i);
    const std::string y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a.size() - i < b.size() - j;
}

/// The module of each layer that has weights.
using Modules = std::map<std::string, std::string>;

/// The layers that have weights, in the model's order.
std::vector<std::string> layers_of(const std::vector<Placement>& placements) {
  std::vector<std::string> layers;
  for (const Placement& p : placements) {
    if (std::ranges::find(layers, p.layer) == layers.end()) layers.push_back(p.layer);
  }
  return layers;
}

class Finder {
 public:
  Finder(const std::vector<Placement>& placements, const ArrayFile& file, std::string path)
      : placements_(placements), path_(std::move(path)) {
    for (const NamedArray& named : file.arrays) arrays_[named.name] = &named.array;
  }

  /// The module of each layer: as given, else by name or by order.
  Modules modules(const std::vector<std::pair<std::string, std::string>>& given) {
    const std::vector<std::string> layers = layers_of(placements_);
    Modules modules;
    for (const std::string& layer : layers) modules[layer] = layer;
    for (const auto& [layer, module] : given) {
      if (!modules.contains(layer)) {
        throw ModelError(text::concat("no layer \"", layer,
                                      "\" of the model has weights; there are ",
                                      text::joined(layers, ", ")));
      }
      modules[layer] = module;
    }
    const bool by_name = std::ranges::any_of(
        placements_, [&](const Placement& p) { return arrays_.contains(p.their_name(p.layer)); });
    if (given.empty() && !by_name) by_order(layers, modules);
    return modules;
  }

  /// The array of a placement, in PyTorch's layout; null, with a mistake noted, if there is none.
  const Array* find(const Placement& p, const std::string& module) {
    const auto found = arrays_.find(p.their_name(module));
    if (found == arrays_.end()) {
      mistakes_ += text::concat("\n  ", p.their_name(module), " ", p.their_shape(),
                                " is missing: the ", p.role, " of layer \"", p.layer, "\"");
      return nullptr;
    }
    used_.insert(found->first);
    if (found->second->shape() != p.their_shape()) {
      mistakes_ += text::concat("\n  ", found->first, " has shape ", found->second->shape(),
                                ", but layer \"", p.layer, "\" needs ", p.their_shape());
      return nullptr;
    }
    return found->second;
  }

  /// The second bias of an lstm, which is added to the first.
  const Array* second_bias(const std::string& module, const Shape& shape) {
    const auto found = arrays_.find(module.empty() ? "bias_hh_l0" : module + ".bias_hh_l0");
    if (found == arrays_.end() || found->second->shape() != shape) return nullptr;
    used_.insert(found->first);
    return found->second;
  }

  /// Throws ModelError if there were mistakes, or arrays are left over.
  void finish() {
    for (const auto& [name, array] : arrays_) {
      if (!used_.contains(name)) {
        mistakes_ += text::concat("\n  ", name, " ", array->shape(), " belongs to no layer");
      }
    }
    if (mistakes_.empty()) return;
    throw ModelError(text::concat(path_, " does not hold the weights of this model:", mistakes_,
                                  "\nTo say which module a layer is: --module LAYER=MODULE"));
  }

 private:
  void by_order(const std::vector<std::string>& layers, Modules& modules) {
    std::vector<std::string> theirs;
    for (const auto& [name, array] : arrays_) theirs.push_back(module_of(name));
    std::ranges::sort(theirs, before);
    theirs.erase(std::unique(theirs.begin(), theirs.end()), theirs.end());
    if (theirs.size() != layers.size()) {
      mistakes_ += text::concat("\n  it has ", theirs.size(), " modules (",
                                text::joined(theirs, ", "), "), the model ", layers.size(),
                                " layers with weights (", text::joined(layers, ", "), ")");
    }
    for (size_t i = 0; i < std::min(layers.size(), theirs.size()); ++i)
      modules[layers[i]] = theirs[i];
  }

  const std::vector<Placement>& placements_;
  std::string path_;
  std::map<std::string, const Array*> arrays_;
  std::set<std::string> used_;
  std::string mistakes_;
};

}  // namespace

ArrayFile to_pytorch(const Model& model, const Weights& weights) {
  internal::check_weights(model, weights, "to_pytorch");
  const std::vector<Array> arrays = in_order(weights);
  ArrayFile file;
  file.texts.emplace_back("format", "pt");
  size_t i = 0;
  for (const Placement& p : placements_of(model)) {
    const Array theirs = p.to_theirs(arrays[i++]);
    file.arrays.push_back({p.their_name(p.layer), theirs});
    if (p.has_second_bias())
      file.arrays.push_back({p.layer + ".bias_hh_l0", Array::zeros(theirs.type())});
  }
  return file;
}

Weights from_pytorch(const Model& model, const ArrayFile& file, const std::string& path,
                     const std::vector<std::pair<std::string, std::string>>& modules) {
  const std::vector<Placement> placements = placements_of(model);
  Finder finder(placements, file, path);
  const Modules module_of_layer = finder.modules(modules);
  const DType dtype = model.training().precision;
  Weights weights;
  for (const Placement& p : placements) {
    const std::string& module = module_of_layer.at(p.layer);
    const Array* const theirs = finder.find(p, module);
    Array ours = theirs == nullptr ? Array() : p.to_ours(theirs->to(dtype));
    if (theirs != nullptr && p.has_second_bias()) {
      if (const Array* const second = finder.second_bias(module, theirs->shape()))
        ours = p.to_ours(internal::sum_of(*theirs, *second).to(dtype));
    }
    const bool parameter = weights.parameters.size() < model.parameters().size();
    (parameter ? weights.parameters : weights.states).push_back(std::move(ours));
  }
  finder.finish();
  return weights;
}

}  // namespace autonet
