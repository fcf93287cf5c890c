// Arrays that are changed at chosen places.
#include <limits>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/places.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// Where the numbers of updates go in the data.
struct Target {
  Var rows;  // [count], the row of each update; the data have `length` rows of `width` numbers
  Index length = 1;
  Index width = 1;
};

/// The largest or smallest number or the product of what is there and of the updates of each row.
Var reduced(const Call& c, const std::string& reduction, Var data, Var updates,
            const Target& target) {
  const double infinite = std::numeric_limits<double>::infinity();
  const Index count = target.rows.shape().size();
  if (static_cast<double>(count) * static_cast<double>(data.shape().size()) > 1e8)
    c.unsupported("reduction ", reduction, " of ", updates.shape(), " into ", data.shape());
  // [count, length, 1]: 1 where an update goes into a row.
  const Var here =
      equal(reshape(target.rows, {count, 1}), counting(c.tape(), target.length, data.dtype()));
  const Var chosen = reshape(here, {count, target.length, 1});
  const Var given = reshape(updates, {count, 1, target.width});
  const double neutral = reduction == "mul" ? 1.0 : reduction == "max" ? -infinite : infinite;
  const Var all = where(chosen, given, filled(c.tape(), {{}, data.dtype()}, neutral));
  if (reduction == "max") return maximum(data, reshape(max(all, {0}), data.shape()));
  if (reduction == "min") return minimum(data, reshape(-max(-all, {0}), data.shape()));
  Var product = data;
  for (Index i = 0; i < count; ++i) product = product * reshape(slice(all, 0, i, 1), data.shape());
  return product;
}

/// The data with the updates put in their place, or combined with what is there: `put` spreads
/// numbers, one for each update, over an array of the data's shape, and `target` says where.
template <typename Put, typename GetTarget>
Var changed(const Call& c, Var data, Var updates, Put put, GetTarget target) {
  const std::string reduction = c.text("reduction", "none");
  if (reduction == "add") return data + put(updates);
  if (reduction == "max" || reduction == "min" || reduction == "mul")
    return reduced(c, reduction, data, updates, target());
  if (reduction != "none") c.wrong("reduction is ", reduction);
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
  // Each number is a row of its own: its place in row-major order.
  const auto target = [&] {
    Var place = filled(c.tape(), {Shape{}, data.dtype()}, 0.0);
    Index step = 1;
    for (int i = data.rank() - 1; i >= 0; step *= data.shape()[i--]) {
      std::vector<Index> lengths(static_cast<size_t>(data.rank()), 1);
      lengths[static_cast<size_t>(i)] = from[i];
      const Var along =
          i == axis ? indices : reshape(counting(c.tape(), from[i], data.dtype()), Shape(lengths));
      place = place + static_cast<double>(step) * along;
    }
    return Target{reshape(broadcast_to(place, from), {from.size()}), data.shape().size(), 1};
  };
  return c.result(changed(c, data, c.in(2), put, target));
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
  const auto target = [&] {
    return Target{reshape(places.numbers, {count}), places.rows, places.row_length};
  };
  return c.result(changed(c, data, c.in(2), put, target));
}

/// The update written into a cache along one axis, at a place of its own for each batch; with
/// mode circular it goes on at the start.
Outputs tensor_scatter(const Call& c) {
  const Var cache = c.in(0);
  const Var update = c.in(1);
  const int axis = axis_of(c, c.whole("axis", -2), cache.rank());
  const std::string mode = c.text("mode", "linear");
  if (mode != "linear" && mode != "circular") c.wrong("mode is ", mode);
  const Index length = cache.shape()[axis];
  const Index written = update.shape()[axis];
  const Index batch = cache.shape()[0];
  const bool fits = axis > 0 && update.rank() == cache.rank() && written <= length &&
                    update.shape().with(axis, 1) == cache.shape().with(axis, 1);
  if (!fits) c.wrong("updates ", update.shape(), " for ", cache.shape());
  const std::vector<Index> starts =
      c.has(2) ? c.known_wholes(2) : std::vector<Index>(static_cast<size_t>(batch), 0);
  if (std::ssize(starts) != batch) c.wrong(starts.size(), " places for ", batch, " batches");
  // Where each number of the result is in the cache with the update behind it.
  Array from = Array::uninitialized({{batch, length}, cache.dtype()});
  for (Index b = 0; b < batch; ++b) {
    for (Index i = 0; i < length; ++i) from.set({b, i}, static_cast<double>(i));
    const Index start = starts[static_cast<size_t>(b)];
    if (start < 0 || start > length || (mode == "linear" && start + written > length))
      c.wrong("place ", start, " of ", length);
    for (Index i = 0; i < written; ++i)
      from.set({b, (start + i) % length}, static_cast<double>(length + i));
  }
  std::vector<Index> lengths(static_cast<size_t>(cache.rank()), 1);
  lengths[0] = batch;
  lengths[static_cast<size_t>(axis)] = length;
  const Var places = broadcast_to(reshape(c.tape().constant(from), Shape(lengths)), cache.shape());
  return c.result(gather(concat({cache, update}, axis), places, axis));
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
          {"ScatterND", scatter_nd},
          {"TensorScatter", tensor_scatter}};
}

}  // namespace autonet::exchange
