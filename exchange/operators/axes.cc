#include "exchange/operators/axes.h"

#include <algorithm>
#include <numeric>

#include "autonet/ops/index.h"
#include "autonet/ops/views.h"

namespace autonet::exchange {

int axis_of(const Call& c, Index axis, int rank) {
  if (axis < -rank || axis >= rank) c.wrong("axis ", axis, " of an array with ", rank, " axes");
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> axes_of(const Call& c, const std::vector<Index>& axes, int rank) {
  std::vector<int> normal;
  normal.reserve(axes.size());
  for (const Index axis : axes) normal.push_back(axis_of(c, axis, rank));
  std::ranges::sort(normal);
  if (std::ranges::adjacent_find(normal) != normal.end()) c.wrong("an axis is named twice");
  return normal;
}

Var channels_last(Var x) {
  std::vector<int> axes = {0};
  for (int axis = 2; axis < x.rank(); ++axis) axes.push_back(axis);
  axes.push_back(1);
  return permute(x, axes);
}

Var channels_first(Var x) {
  std::vector<int> axes = {0, x.rank() - 1};
  for (int axis = 1; axis < x.rank() - 1; ++axis) axes.push_back(axis);
  return permute(x, axes);
}

Var as_matrix(Var x, int axis) {
  Index rows = 1;
  Index cols = 1;
  for (int i = 0; i < x.rank(); ++i) (i < axis ? rows : cols) *= x.shape()[i];
  return reshape(x, {rows, cols});
}

Var second_of(const Call& c) {
  const Var b = c.in(1);
  if (c.opset() >= 7 || c.whole("broadcast", 0) == 0) return b;
  const int rank = c.in(0).rank();
  const int axis = axis_of(c, c.whole("axis", rank - b.rank()), rank + 1);
  std::vector<Index> lengths(b.shape().lengths().begin(), b.shape().lengths().end());
  for (int i = axis + b.rank(); i < rank; ++i) lengths.push_back(1);
  return reshape(b, shape_of(c, lengths));
}

Var counting(Tape& tape, Index length, DType dtype) {
  return tape.constant(array_from(length, [](Index i) { return i; }).to(dtype));
}

Var axis_first(Var x, int axis) {
  std::vector<int> axes = {axis};
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) axes.push_back(i);
  }
  return permute(x, axes);
}

Var axis_back(Var x, int axis) {
  std::vector<int> axes;
  for (int i = 1; i < x.rank(); ++i) axes.push_back(i);
  axes.insert(axes.begin() + axis, 0);
  return permute(x, axes);
}

Var take(Var x, int axis, List<Index> places) {
  const Var first = axis_first(x, axis);
  const Array numbers = array_from(std::ssize(places), [&](Index i) {
                          return places[static_cast<size_t>(i)];
                        }).to(x.dtype());
  const Var rows = embedding(as_matrix(first, 1), x.tape().constant(numbers));
  return axis_back(reshape(rows, first.shape().with(0, std::ssize(places))), axis);
}

Shape shape_of(const Call& c, const std::vector<Index>& lengths) {
  if (lengths.size() > static_cast<size_t>(Shape::kMaxRank)) {
    c.unsupported("an array with ", lengths.size(), " axes; at most ", Shape::kMaxRank,
                  " are supported");
  }
  return Shape(lengths);
}

Var per_channel(Var vector, int rank) {
  std::vector<Index> lengths(static_cast<size_t>(std::max(rank - 1, 1)), 1);
  lengths[0] = vector.shape().size();
  return reshape(vector, Shape(lengths));
}

}  // namespace autonet::exchange
