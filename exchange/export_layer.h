#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "exchange/onnx_writer.h"
#include "models/layer.h"

namespace autonet::exchange {

/// The output of a layer while a model is written. An image has two layouts, of which the missing
/// one is written when a layer needs it.
struct Value {
  Shape shape;        // without the batch axis, as in autonet
  std::string last;   // [N,…,C]: autonet's layout; "" if not yet written
  std::string first;  // [N,C,H,W]; "" if not yet written, or it is no image
  Shape image;        // of a flattened image, its shape; else of rank 0
  std::string flat;   // the image flattened in the order channels, rows, columns
};

/// A layer and what it needs to be written.
struct LayerExport {
  const internal::Layer& layer;
  std::span<Value* const> inputs;
  std::span<const Array> parameters;
  std::span<const Array> states;
  OnnxWriter& out;

  Value& input() const { return *inputs[0]; }
  const internal::Fields& fields() const { return *layer.fields; }
  /// The names of the input's layouts, written now if they were not.
  std::string first(size_t i = 0) const;
  std::string last(size_t i = 0) const;
  /// A new value of the layer's output shape.
  Value in_first(const std::string& name) const { return {layer.output, "", name, {}, {}}; }
  Value in_last(const std::string& name) const { return {layer.output, name, "", {}, {}}; }
};

/// Writes a layer without its activation and returns its output.
using WriteLayer = Value (*)(const LayerExport& e);

/// How layers of this type are written; null if they cannot be.
WriteLayer find_layer(const std::string& type);

// The parts of the table.
std::map<std::string, WriteLayer> image_layers();
std::map<std::string, WriteLayer> dense_layers();
std::map<std::string, WriteLayer> sequence_layers();

/// The name of x in autonet's layout, written now if it was not.
std::string as_last(OnnxWriter& out, Value& x);
/// The name of an image x in ONNX's layout.
std::string as_first(OnnxWriter& out, Value& x);

/// The activation of this name with its parameter. False if there is none of that name.
bool write_activation(OnnxWriter& out, const std::string& name, double parameter, Value& x);

}  // namespace autonet::exchange
