#include "exchange/pytorch_layout.h"

#include <algorithm>
#include <map>
#include <span>

#include "autonet/autograd/error.h"
#include "exchange/flattened_image.h"
#include "models/read_model.h"

namespace autonet::internal {
namespace {

using Layout = Placement::Layout;

/// The image that each layer's output lists number by number, if it is a flattened image.
std::map<std::string, std::optional<Shape>> flattened_images(const Model& model) {
  std::map<std::string, std::optional<Shape>> images;
  std::map<std::string, Shape> outputs{{"input", model.input_shape()}};
  for (const LayerInfo& layer : model.layers()) {
    const std::string& input = layer.inputs[0];
    const Shape& before = outputs.at(input);
    outputs[layer.name] = layer.output;
    if (layer.inputs.size() > 1) {
      const bool any = std::ranges::any_of(
          layer.inputs, [&](const std::string& name) { return images[name].has_value(); });
      const bool alike =
          layer.type != "concat" && std::ranges::all_of(layer.inputs, [&](auto& name) {
            return images[name] == images[input];
          });
      if (any && !alike) {
        throw ModelError("layer \"" + layer.name +
                         "\" joins a flattened image with other values, for which PyTorch has "
                         "another order");
      }
      images[layer.name] = images[input];
    } else if (layer.type == "flatten" && before.rank() == 3) {
      images[layer.name] = before;
    } else if (layer.output == before && layer.type != "linear") {
      images[layer.name] = images[input];  // element by element, or a normalization
    }
  }
  return images;
}

/// The array with `value` added to the second quarter, the forget gate's.
Array with_forget_bias(const Array& bias, double value) {
  Array result = bias.clone();
  const Index units = bias.size() / 4;
  for (Index i = units; i < 2 * units; ++i) result.set({i}, bias.at({i}) + value);
  return result;
}

struct Theirs {
  std::string role;
  Layout layout;
};

Theirs theirs_of(const std::string& type, const std::string& role) {
  if (type == "conv2d" || type == "conv2d_transpose")
    return {role, role == "weight" ? Layout::kernel : Layout::same};
  if (type == "linear") return {role, role == "weight" ? Layout::matrix : Layout::same};
  if (type == "batch_norm")
    return {role == "running_variance" ? "running_var" : role, Layout::same};
  if (type == "lstm") {
    if (role == "weight") return {"weight_ih_l0", Layout::matrix};
    if (role == "recurrent_weight") return {"weight_hh_l0", Layout::matrix};
    return {"bias_ih_l0", Layout::lstm_bias};
  }
  if (type == "attention") {
    if (role == "weight") return {"in_proj_weight", Layout::matrix};
    if (role == "bias") return {"in_proj_bias", Layout::same};
    if (role == "output_weight") return {"out_proj.weight", Layout::matrix};
    return {"out_proj.bias", Layout::same};
  }
  return {role, Layout::same};
}

}  // namespace

Shape Placement::their_shape() const {
  if (layout == Layout::kernel) return {shape[3], shape[2], shape[0], shape[1]};
  if (layout == Layout::matrix) return {shape[1], shape[0]};
  return shape;
}

Array Placement::to_theirs(const Array& ours) const {
  const Array ordered = image ? channels_first_rows(ours, *image) : ours;
  if (layout == Layout::kernel) return ordered.permute({3, 2, 0, 1}).clone();
  if (layout == Layout::matrix) return ordered.permute({1, 0}).clone();
  if (layout == Layout::lstm_bias) return with_forget_bias(ordered, forget_bias);
  return ordered.clone();
}

Array Placement::to_ours(const Array& theirs) const {
  Array ours = theirs;
  if (layout == Layout::kernel) ours = theirs.permute({2, 3, 1, 0});
  if (layout == Layout::matrix) ours = theirs.permute({1, 0});
  if (layout == Layout::lstm_bias) ours = with_forget_bias(theirs, -forget_bias);
  return image ? channels_last_rows(ours, *image) : ours.clone();
}

std::vector<Placement> placements_of(const Model& model) {
  const std::span<const LayerInfo> layers = model.layers();
  auto images = flattened_images(model);
  const ModelParts parts = read_model(model.text(), model.file(), {});
  const auto forget_bias_of = [&](size_t layer) {
    return parts.graph[layer].fields->number("forget_bias");
  };
  std::map<std::string, Shape> outputs{{"input", model.input_shape()}};
  for (const LayerInfo& layer : layers) outputs[layer.name] = layer.output;
  std::vector<Placement> placements;
  const auto place = [&](const std::string& name, const Shape& shape) {
    const size_t slash = name.rfind('/');
    Placement p{.layer = name.substr(0, slash), .role = {}, .shape = shape};
    const auto found = std::ranges::find(layers, p.layer, &LayerInfo::name);
    const auto [role, layout] = theirs_of(found->type, name.substr(slash + 1));
    p.role = role;
    p.layout = layout;
    const std::string& input = found->inputs[0];
    const Shape& before = outputs.at(input);
    // A linear layer flattens an image that it reads.
    const bool flattens =
        found->type == "linear" && before.rank() == 3 && shape[0] == before.size();
    if (role != "bias" || found->type != "linear") p.image = flattens ? before : images[input];
    if (p.image && shape[0] != p.image->size()) p.image.reset();
    if (layout == Layout::lstm_bias)
      p.forget_bias = forget_bias_of(static_cast<size_t>(found - layers.begin()));
    placements.push_back(p);
  };
  for (const Parameter& p : model.parameters()) place(p.name, p.shape);
  for (const State& s : model.states()) place(s.name, s.shape);
  for (size_t i = 0; i < layers.size(); ++i) {
    const bool has_bias = std::ranges::any_of(placements, [&](const Placement& p) {
      return p.layer == layers[i].name && p.layout == Layout::lstm_bias;
    });
    if (layers[i].type == "lstm" && !has_bias && forget_bias_of(i) != 0.0) {
      throw ModelError("lstm \"" + layers[i].name +
                       "\" has no bias, so PyTorch has no place for its forget_bias; set "
                       "\"forget_bias\" to 0 or \"bias\" to true");
    }
  }
  return placements;
}

Array sum_of(const Array& a, const Array& b) {
  Array sum = Array::zeros({a.shape(), DType::f64});
  const std::vector<double> x = a.to_vector();
  const std::vector<double> y = b.to_vector();
  for (size_t i = 0; i < x.size(); ++i) sum.data<double>()[i] = x[i] + y[i];
  return sum;
}

}  // namespace autonet::internal
