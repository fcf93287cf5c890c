#include "exchange/export_layer.h"

#include <numbers>

#include "autonet/text/concat.h"

namespace autonet::exchange {
namespace {

std::map<std::string, WriteLayer> all_layers() {
  std::map<std::string, WriteLayer> all = image_layers();
  all.merge(dense_layers());
  all.merge(sequence_layers());
  return all;
}

/// x Phi(x) = x (1 + erf(x / sqrt(2))) / 2
std::string write_gelu(OnnxWriter& out, const std::string& x) {
  const std::string scaled = out.node("Mul", {x, out.number("scale", 1.0 / std::numbers::sqrt2)});
  const std::string erf = out.node("Erf", {scaled});
  const std::string sum = out.node("Add", {erf, out.number("one", 1.0)});
  const std::string half = out.node("Mul", {sum, out.number("half", 0.5)});
  return out.node("Mul", {x, half});
}

}  // namespace

WriteLayer find_layer(const std::string& type) {
  static const std::map<std::string, WriteLayer> kAll = all_layers();
  const auto found = kAll.find(type);
  return found == kAll.end() ? nullptr : found->second;
}

std::string as_last(OnnxWriter& out, Value& x) {
  if (!x.last.empty()) return x.last;
  if (!x.flat.empty()) {
    // A flattened image in ONNX's order: back to the image, and flattened in autonet's.
    const std::string image = out.reshaped(x.flat, {-1, x.image[2], x.image[0], x.image[1]});
    x.last = out.reshaped(out.transposed(image, {0, 2, 3, 1}), {-1, x.image.size()});
  } else {
    x.last = out.transposed(x.first, {0, 2, 3, 1});
  }
  return x.last;
}

std::string as_first(OnnxWriter& out, Value& x) {
  if (x.first.empty()) x.first = out.transposed(as_last(out, x), {0, 3, 1, 2});
  return x.first;
}

std::string LayerExport::first(size_t i) const {
  return as_first(out, *inputs[i]);
}
std::string LayerExport::last(size_t i) const {
  return as_last(out, *inputs[i]);
}

bool write_activation(OnnxWriter& out, const std::string& name, double parameter, Value& x) {
  // Functions of each element keep any layout; those over the last axis need its place.
  const bool in_first = x.last.empty() && !x.first.empty();
  std::string& value = in_first ? x.first : x.last.empty() ? x.flat : x.last;
  const std::map<std::string, const char*> plain = {
      {"relu", "Relu"}, {"sigmoid", "Sigmoid"}, {"tanh", "Tanh"}, {"softplus", "Softplus"}};
  std::string y;
  if (const auto found = plain.find(name); found != plain.end()) {
    y = out.node(found->second, {value});
  } else if (name == "leaky_relu") {
    y = out.node("LeakyRelu", {value}, {attribute("alpha", parameter)});
  } else if (name == "elu") {
    y = out.node("Elu", {value}, {attribute("alpha", parameter)});
  } else if (name == "gelu") {
    y = write_gelu(out, value);
  } else if (name == "softmax" || name == "log_softmax") {
    const Index axis = in_first ? 1 : -1;
    const std::string from = in_first ? x.first : as_last(out, x);
    y = out.node(name == "softmax" ? "Softmax" : "LogSoftmax", {from}, {attribute("axis", axis)});
    x = in_first ? Value{x.shape, "", y, {}, {}} : Value{x.shape, y, "", {}, {}};
    return true;
  } else {
    return false;
  }
  // The other layouts, if they were written, are those of x before.
  if (in_first) {
    x = {x.shape, "", y, {}, {}};
  } else if (x.last.empty()) {
    x = {x.shape, "", "", x.image, y};
  } else {
    x = {x.shape, y, "", {}, {}};
  }
  return true;
}

}  // namespace autonet::exchange
