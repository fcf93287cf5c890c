// Arrays that are changed at chosen places.
#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/places.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// The data with the updates put in their place, or added to what is there: `put` spreads numbers,
/// one for each update, over an array of the data's shape.
template <typename Put>
Var changed(const Call& c, Var data, Var updates, Put put) {
  const std::string reduction = c.text("reduction", "none");
  if (reduction == "add") return data + put(updates);
  if (reduction != "none") c.unsupported("reduction ", reduction);
  const Var named = put(filled(c.tape(), updates.type(), 1.0));
  return where(named, put(updates), data);
}

Outputs scatter_elements(const Call& c) {
  const Var data = c.in(0);
  const int axis = axis_of(c, c.whole("axis", 0), data.rank());
  const Shape& from = c.in(1).shape();
  if (from.rank() != data.rank()) c.wrong("indices ", from, " for ", data.shape());
  const Var indices = from_start(cast(c.in(1), data.dtype()), data.shape()[axis]);
  const auto put = [&](Var updates) {
    std::vector<AxisPad> margins(static_cast<size_t>(data.rank()));
    for (int i = 0; i < data.rank(); ++i) {
      if (i != axis) margins[static_cast<size_t>(i)].hi = data.shape()[i] - from[i];
    }
    return pad(scatter_add(updates, indices, axis, data.shape()[axis]), margins);
  };
  return c.result(changed(c, data, c.in(2), put));
}

Outputs scatter_nd(const Call& c) {
  const Var data = c.in(0);
  const Places places = places_of(c, data.shape(), c.in(1), data.dtype(), 0);
  const Index count = places.numbers.shape().size();
  const Var column = reshape(places.numbers, {count, 1});
  const Var rows = broadcast_to(column, {count, places.row_length});
  const auto put = [&](Var updates) {
    const Var matrix = reshape(updates, {count, places.row_length});
    return reshape(scatter_add(matrix, rows, 0, places.rows), data.shape());
  };
  return c.result(changed(c, data, c.in(2), put));
}

}  // namespace

Var from_start(Var indices, Index length) {
  return indices + static_cast<double>(length) * less(indices, 0.0);
}

Places places_of(const Call& c, const Shape& shape, Var indices, DType dtype, int batch_axes) {
  const Shape& named = indices.shape();
  if (named.rank() < 1 || batch_axes < 0 || batch_axes >= named.rank()) {
    c.wrong("indices ", named, " with ", batch_axes, " axes of a batch");
  }
  const auto depth = named[named.rank() - 1];
  if (depth < 1 || batch_axes + depth > shape.rank()) {
    c.wrong("indices ", named, " name ", depth, " axes of ", shape);
  }
  Places places;
  const int chosen = batch_axes + static_cast<int>(depth);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    (axis < chosen ? places.rows : places.row_length) *= shape[axis];
  }
  const int last = named.rank() - 1;
  std::vector<Index> lengths(named.lengths().begin(), named.lengths().end() - 1);
  places.output = lengths;
  for (int axis = chosen; axis < shape.rank(); ++axis) places.output.push_back(shape[axis]);
  // The number of a row: the indices of its axes in a mixed base.
  Var number = filled(c.tape(), {Shape(lengths), DType::f64}, 0.0);
  const Var given = cast(indices, DType::f64);
  for (int axis = 0; axis < chosen; ++axis) {
    number = static_cast<double>(shape[axis]) * number;
    if (axis >= batch_axes) {
      const Var one = reshape(slice(given, last, axis - batch_axes, 1), Shape(lengths));
      number = number + from_start(one, shape[axis]);
    } else {
      std::vector<Index> stretched(lengths.size(), 1);
      if (lengths[static_cast<size_t>(axis)] != shape[axis])
        c.wrong("the batches differ in length");
      stretched[static_cast<size_t>(axis)] = shape[axis];
      number = number + reshape(counting(c.tape(), shape[axis], DType::f64), Shape(stretched));
    }
  }
  places.numbers = cast(number, dtype);
  return places;
}

std::vector<Operator> scatter_operators() {
  return {{"Scatter", scatter_elements},
          {"ScatterElements", scatter_elements},
          {"ScatterND", scatter_nd}};
}

}  // namespace autonet::exchange
