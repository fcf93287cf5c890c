#pragma once

#include <optional>
#include <string>
#include <vector>

#include "autonet/models/model.h"

namespace autonet::internal {

/// Where an array of a model is in PyTorch: its name, and how its axes are arranged.
struct Placement {
  /// How an array of autonet becomes that of PyTorch.
  enum class Layout {
    same,      ///< nothing changes
    kernel,    ///< [R,S,C,K] becomes [K,C,R,S]
    matrix,    ///< [inputs,units] becomes [units,inputs]
    lstm_bias  ///< the forget gate's constant is part of PyTorch's bias
  };

  std::string layer;  ///< "conv_1"
  std::string role;   ///< PyTorch's: "weight", "running_var", "out_proj.weight"
  Shape shape;        ///< in autonet
  Layout layout = Layout::same;
  /// The image [H,W,C] that the first axis lists in this order; PyTorch lists [C,H,W].
  std::optional<Shape> image = {};
  double forget_bias = 0.0;  ///< of an lstm's bias

  /// The name in PyTorch, for a layer that is this module.
  std::string their_name(const std::string& module) const {
    return module.empty() ? role : module + "." + role;
  }
  /// The shape in PyTorch.
  Shape their_shape() const;
  /// True for the bias of an lstm: PyTorch has a second one, which is added to it.
  bool has_second_bias() const { return layout == Layout::lstm_bias; }
  /// A fresh array in PyTorch's layout, and in autonet's.
  Array to_theirs(const Array& ours) const;
  Array to_ours(const Array& theirs) const;
};

/// The placement of each parameter of the model, then of each state.
std::vector<Placement> placements_of(const Model& model);

/// a + b, element by element, in f64; of one shape.
Array sum_of(const Array& a, const Array& b);

}  // namespace autonet::internal
