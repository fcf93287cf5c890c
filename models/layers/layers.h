#pragma once

#include <string>
#include <vector>

#include "models/layer.h"

namespace autonet {

// The rows of the layer table, a function for each family.

LayerType conv2d_layer();
LayerType linear_layer();
std::vector<LayerType> pool_layers();
std::vector<LayerType> activation_layers();
std::vector<LayerType> normalization_layers();
LayerType dropout_layer();
std::vector<LayerType> shape_layers();
std::vector<LayerType> join_layers();

// Keys that several families share.

/// "activation": what is applied to the layer's output.
Key activation_key();
/// "init" of weights, by default {"xavier": 1}.
Key init_key();
Key bias_key();
Key bias_init_key();
/// A whole number or [rows, columns]; an empty fallback makes it required.
Key extent_key(const std::string& name, const std::string& doc, const std::string& fallback);

/// Records the activation of that name ("none" gives x).
Var record_activation(const std::string& name, Var x);

}  // namespace autonet
