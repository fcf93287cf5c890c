// Choices by index: gather and its relatives.
#include "autonet/ops/index.h"

#include <algorithm>
#include <map>

#include "autonet/ops/compare.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/places.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// y[…, i…, …] = x[…, indices[i…], …] along one axis.
Outputs gather_of(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", 0), x.rank());
  const Var indices = from_start(cast(c.in(1), x.dtype()), x.shape()[axis]);
  const Var first = axis_first(x, axis);
  const Var rows = embedding(as_matrix(first, 1), reshape(indices, {indices.shape().size()}));
  // [i…, axes before, axes behind] to [axes before, i…, axes behind]
  std::vector<Index> lengths(indices.shape().lengths().begin(), indices.shape().lengths().end());
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) lengths.push_back(x.shape()[i]);
  }
  const Var y = reshape(rows, shape_of(c, lengths));
  std::vector<int> order;
  order.reserve(static_cast<size_t>(y.rank()));
  for (int i = 0; i < axis; ++i) order.push_back(indices.rank() + i);
  for (int i = 0; i < indices.rank(); ++i) order.push_back(i);
  for (int i = axis; i < x.rank() - 1; ++i) order.push_back(indices.rank() + i);
  return c.result(permute(y, order));
}

Outputs gather_elements(const Call& c) {
  Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", 0), x.rank());
  const Shape& wanted = c.in(1).shape();
  if (wanted.rank() != x.rank()) c.wrong("indices ", wanted, " for ", x.shape());
  const Var indices = from_start(cast(c.in(1), x.dtype()), x.shape()[axis]);
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) x = slice(x, i, 0, wanted[i]);
  }
  return c.result(gather(x, indices, axis));
}

Outputs gather_nd(const Call& c) {
  const Var x = c.in(0);
  const auto batch_axes = static_cast<int>(std::clamp<Index>(c.whole("batch_dims", 0), -1, 7));
  const Places places = places_of(c, x.shape(), c.in(1), x.dtype(), batch_axes);
  const Var rows = embedding(reshape(x, {places.rows, places.row_length}),
                             reshape(places.numbers, {places.numbers.shape().size()}));
  return c.result(reshape(rows, shape_of(c, places.output)));
}

/// 1 and 0, or other values, where a class is named.
Outputs one_hot_of(const Call& c) {
  const Var indices = cast(c.in(0), DType::f64);
  const Index depth = c.known_whole(1);
  if (depth < 1 || depth > (Index{1} << 26)) c.unsupported("a depth of ", depth);
  const Var values = c.in(2);
  if (values.shape() != Shape{2}) c.wrong("the values are ", values.shape(), ", not [2]");
  const int axis = axis_of(c, c.whole("axis", -1), indices.rank() + 1);
  const Var chosen = equal(unsqueeze(from_start(indices, depth), indices.rank()),
                           counting(c.tape(), depth, DType::f64));
  const Var mask = cast(chosen, values.dtype());
  Var y = where(mask, slice(values, 0, 1, 1), slice(values, 0, 0, 1));
  std::vector<int> order;
  order.reserve(static_cast<size_t>(y.rank()));
  for (int i = 0; i < axis; ++i) order.push_back(i);
  order.push_back(indices.rank());
  for (int i = axis; i < indices.rank(); ++i) order.push_back(i);
  return c.result(permute(y, order), c.type(2));
}

/// The places of the numbers that are not 0, one row for each axis.
Outputs non_zero(const Call& c) {
  const Array x = c.known(0);
  const std::vector<double> numbers = x.to_vector();
  std::vector<Index> found;
  for (Index i = 0; i < std::ssize(numbers); ++i) {
    if (numbers[static_cast<size_t>(i)] != 0.0) found.push_back(i);
  }
  Array places = Array::uninitialized({{x.rank(), std::ssize(found)}, DType::f64});
  for (Index k = 0; k < std::ssize(found); ++k) {
    Index rest = found[static_cast<size_t>(k)];
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      places.set({axis, k}, static_cast<double>(rest % x.shape()[axis]));
      rest /= x.shape()[axis];
    }
  }
  return {c.constant(places, Element::int64)};
}

/// The slices along an axis for which the condition is true.
Outputs compress_of(const Call& c) {
  Var x = c.in(0);
  const bool flat = !c.has_attribute("axis");
  if (flat) x = reshape(x, {x.shape().size()});
  const int axis = flat ? 0 : axis_of(c, c.whole("axis", 0), x.rank());
  const std::vector<double> condition = c.known(1).to_vector();
  std::vector<Index> places;
  for (Index i = 0; i < std::min<Index>(std::ssize(condition), x.shape()[axis]); ++i) {
    if (condition[static_cast<size_t>(i)] != 0.0) places.push_back(i);
  }
  return c.result(take(x, axis, places));
}

/// The different numbers or slices, with the place of the first of each, of what each slice is in
/// them, and how often each occurs.
Outputs unique_of(const Call& c) {
  const bool flat = !c.has_attribute("axis");
  const Var x = flat ? reshape(c.in(0), {c.in(0).shape().size()}) : c.in(0);
  const int axis = flat ? 0 : axis_of(c, c.whole("axis", 0), x.rank());
  const bool sorted = c.whole("sorted", 1) != 0;
  (void)c.known(0);
  const Array rows = as_matrix(axis_first(x, axis), 1).value().contiguous();
  std::map<std::vector<double>, size_t> seen;
  std::vector<Index> first;
  std::vector<Index> count;
  std::vector<Index> inverse;
  std::vector<std::vector<double>> found;
  for (Index i = 0; i < rows.shape()[0]; ++i) {
    const std::vector<double> row = rows.slice(0, i, 1).to_vector();
    const auto [place, fresh] = seen.emplace(row, first.size());
    if (fresh) {
      first.push_back(i);
      count.push_back(0);
      found.push_back(row);
    }
    ++count[place->second];
    inverse.push_back(static_cast<Index>(place->second));
  }
  std::vector<size_t> order(first.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (sorted) std::ranges::sort(order, {}, [&](size_t i) { return found[i]; });
  std::vector<Index> rank(first.size());
  std::vector<Index> first_sorted;
  std::vector<Index> count_sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<Index>(i);
    first_sorted.push_back(first[order[i]]);
    count_sorted.push_back(count[order[i]]);
  }
  for (Index& place : inverse) place = rank[static_cast<size_t>(place)];
  return {{take(x, axis, first_sorted), c.type(0), {}},
          c.constant(first_sorted),
          c.constant(inverse),
          c.constant(count_sorted)};
}

}  // namespace

std::vector<Operator> index_operators() {
  return {{"Gather", gather_of},   {"GatherElements", gather_elements},
          {"GatherND", gather_nd}, {"OneHot", one_hot_of},
          {"NonZero", non_zero},   {"Compress", compress_of},
          {"Unique", unique_of}};
}

}  // namespace autonet::exchange
