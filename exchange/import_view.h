#pragma once

#include <optional>
#include <span>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::exchange {

/// A part of an axis: `length` numbers that are `stride` numbers apart.
struct Factor {
  Index length = 1;
  Index stride = 0;
  bool operator==(const Factor&) const = default;
};

/// An axis as one or more factors, the slowest first. Without factors its length is 1.
using Axis = std::vector<Factor>;

struct NodeProto;

/// A value of an ONNX graph as an arrangement of a layer's output [N,…]. The number at a position
/// lies `offset` plus the sum of position times stride behind the output's first number. So a
/// transposed or flattened image needs no layer of its own.
struct View {
  Index layer = -1;  // -1 is the model's input
  Index offset = 0;
  std::vector<Axis> axes;  // of the ONNX value, the batch first
  bool sole = true;        // nothing else reads the layer's output, or what it passes through
  bool twice = false;      // two nodes read it, else as `sole`
  const NodeProto* shaped = nullptr;  // the node that gave it another shape

  Index length(size_t axis) const;
  /// The length of all axes together.
  Index size() const;
};

/// The axis without factors of length 1, and with neighbours joined that are one stretch.
Axis canonical(const Axis& axis);

/// All factors of the axes, one after another.
Axis joined(std::span<const Axis> axes);

/// The same numbers with other lengths; nothing if a factor would have to be cut in a way that
/// leaves a rest.
std::optional<std::vector<Axis>> regrouped(std::span<const Axis> axes,
                                           std::span<const Index> lengths);

/// The positions in the layer's output, counted from 0, in the order in which the axis lists them.
std::vector<Index> positions_of(const Axis& axis);

/// The axes of an output [N, lengths of `shape`], where ONNX's axis k + 1 is axis order[k] of the
/// output.
std::vector<Axis> axes_of(Index batch, const Shape& shape, std::span<const int> order);

/// The order that changes nothing, and the one in which the channels come first.
std::vector<int> plain_order(int rank);
std::vector<int> channels_first_order(int rank);

}  // namespace autonet::exchange
