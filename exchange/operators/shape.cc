// Shapes, and arrays that are made of them.
#include <algorithm>
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/convert.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// The most numbers that are written one by one while a graph is recorded.
constexpr Index kMostNumbers = 1 << 26;

std::vector<Index> lengths_of(Var x) {
  return {x.shape().lengths().begin(), x.shape().lengths().end()};
}

/// x under another shape, also where both are empty.
Outputs reshaped(const Call& c, const std::vector<Index>& lengths) {
  return c.result(reshape(c.in(0), shape_of(c, lengths)));
}

/// 0 keeps the length of the same axis, and one -1 takes what is left.
Outputs reshape_of(const Call& c) {
  c.ignore("consumed_inputs");
  const auto given = c.wholes("shape", 1);
  if (!given) c.wrong("the shape is missing");
  std::vector<Index> lengths = *given;
  const bool zeros = c.whole("allowzero", 0) != 0;
  const Shape& from = c.in(0).shape();
  std::optional<size_t> open;
  Index product = 1;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0 && !zeros) {
      if (static_cast<int>(i) >= from.rank()) c.wrong("no axis ", i, " to keep in ", from);
      lengths[i] = from[static_cast<int>(i)];
    }
    if (lengths[i] < -1) c.wrong("the shape has the length ", lengths[i]);
    if (lengths[i] == -1) {
      if (open) c.wrong("the shape has two lengths of -1");
      open = i;
    } else if (__builtin_mul_overflow(product, lengths[i], &product)) {
      c.wrong("the shape is too large");
    }
  }
  if (open) lengths[*open] = product == 0 ? 0 : from.size() / product;
  return reshaped(c, lengths);
}

Outputs flatten_of(const Call& c) {
  const Var x = c.in(0);
  const Index given = c.whole("axis", 1);
  const Index axis = given < 0 ? given + x.rank() : given;
  if (axis < 0 || axis > x.rank()) c.wrong("axis ", given, " of ", x.shape());
  return c.result(as_matrix(x, static_cast<int>(axis)));
}

Outputs squeeze_of(const Call& c) {
  const Var x = c.in(0);
  const auto given = c.wholes("axes", 1);
  std::vector<Index> lengths;
  std::vector<int> axes;
  if (given) axes = axes_of(c, *given, x.rank());
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool named = std::ranges::binary_search(axes, axis);
    if (named && x.shape()[axis] != 1) c.wrong("axis ", axis, " of ", x.shape(), " is not 1 long");
    if (given ? !named : x.shape()[axis] != 1) lengths.push_back(x.shape()[axis]);
  }
  return reshaped(c, lengths);
}

Outputs unsqueeze_of(const Call& c) {
  const auto given = c.wholes("axes", 1);
  if (!given) c.wrong("the axes are missing");
  const int rank = c.in(0).rank() + static_cast<int>(std::min<size_t>(given->size(), 100));
  const std::vector<int> axes = axes_of(c, *given, rank);
  std::vector<Index> lengths = lengths_of(c.in(0));
  for (const int axis : axes) {
    if (axis > std::ssize(lengths)) c.wrong("an axis is named twice");
    lengths.insert(lengths.begin() + axis, 1);
  }
  return reshaped(c, lengths);
}

Outputs expand_of(const Call& c) {
  const Shape wanted = shape_of(c, c.known_wholes(1));
  return c.result(broadcast_to(c.in(0), broadcast_shapes(c.in(0).shape(), wanted, "expand")));
}

Outputs shape_lengths(const Call& c) {
  const std::vector<Index> lengths = lengths_of(c.in(0));
  const Index rank = std::ssize(lengths);
  const auto place = [&](const char* name, Index fallback) {
    const Index at = c.whole(name, fallback);
    return std::clamp<Index>(at < 0 ? at + rank : at, 0, rank);
  };
  const Index start = place("start", 0);
  const Index end = std::max(start, place("end", rank));
  return {c.constant(
      std::span(lengths).subspan(static_cast<size_t>(start), static_cast<size_t>(end - start)))};
}

Outputs size_of(const Call& c) {
  return {c.constant(Array::scalar(static_cast<double>(c.in(0).shape().size()), DType::f64),
                     Element::int64)};
}

Outputs constant_of(const Call& c) {
  if (const TensorProto* tensor = c.tensor_attribute("value")) {
    const Array array = array_of(*tensor, "its value");
    return {c.constant(array, static_cast<Element>(tensor->data_type))};
  }
  const auto floats = [&](const std::vector<double>& values) {
    return array_from(std::ssize(values), [&](Index i) { return values[static_cast<size_t>(i)]; });
  };
  if (c.has_attribute("value_float"))
    return {c.constant(Array::scalar(c.number("value_float", 0)), Element::float32)};
  if (c.has_attribute("value_int")) {
    return {c.constant(Array::scalar(static_cast<double>(c.whole("value_int", 0)), DType::f64),
                       Element::int64)};
  }
  if (c.has_attribute("value_floats"))
    return {c.constant(floats(c.numbers("value_floats")), Element::float32)};
  if (const auto whole = c.wholes("value_ints")) return {c.constant(*whole)};
  c.unsupported("a constant that is no array of numbers");
}

Outputs constant_of_shape(const Call& c) {
  const Shape shape = shape_of(c, c.known_wholes(0));
  const TensorProto* tensor = c.tensor_attribute("value");
  if (tensor == nullptr)
    return c.result(filled(c.tape(), {shape, DType::f32}, 0.0), Element::float32);
  const auto type = static_cast<Element>(tensor->data_type);
  const Array value = array_of(*tensor, "its value");
  if (value.size() != 1) c.wrong("its value has ", value.size(), " numbers, not one");
  return c.result(filled(c.tape(), {shape, dtype_of(type)}, value.to_vector()[0]), type);
}

Outputs range_of(const Call& c) {
  const double start = c.known(0).item();
  const double limit = c.known(1).item();
  const double step = c.known(2).item();
  if (!(step > 0 || step < 0)) c.wrong("the step is ", step);
  const double count = std::max(0.0, std::ceil((limit - start) / step));
  if (!(count <= static_cast<double>(kMostNumbers)))
    c.unsupported("a range of ", count, " numbers");
  const Array numbers = array_from(static_cast<Index>(count),
                                   [&](Index i) { return start + static_cast<double>(i) * step; });
  return {c.constant(numbers, c.type(0))};
}

Outputs eye_like(const Call& c) {
  const Shape& shape = c.in(0).shape();
  if (shape.rank() != 2) c.wrong("needs two axes, got ", shape);
  if (shape.size() > kMostNumbers || shape[0] > kMostNumbers) {
    c.unsupported("an array of ", shape);
  }
  const Index k = c.whole("k", 0);
  const auto type = static_cast<Element>(c.whole("dtype", static_cast<Index>(c.type(0))));
  if (!is_supported(type)) c.unsupported("the type ", name_of(type));
  Array eye = Array::zeros({shape, DType::f64});
  for (Index i = 0; i < shape[0]; ++i) {
    if (i + k >= 0 && i + k < shape[1]) eye.set({i, i + k}, 1.0);
  }
  return {c.constant(eye, type)};
}

/// Keeps the upper or the lower triangle of matrices.
Outputs trilu_of(const Call& c) {
  const Var x = c.in(0);
  if (x.rank() < 2) c.wrong("needs two axes, got ", x.shape());
  const bool upper = c.whole("upper", 1) != 0;
  const Index k = c.has(1) ? c.known_whole(1) : 0;
  const Index rows = x.shape()[x.rank() - 2];
  const Index cols = x.shape()[x.rank() - 1];
  if (rows * cols > kMostNumbers || rows > kMostNumbers)
    c.unsupported("matrices of ", rows, " times ", cols);
  Array mask = Array::zeros({{rows, cols}, x.dtype()});
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) {
      if (upper ? j - i >= k : j - i <= k) mask.set({i, j}, 1.0);
    }
  }
  return c.result(where(c.tape().constant(mask), x, filled(c.tape(), {{}, x.dtype()}, 0.0)));
}

}  // namespace

std::vector<Operator> shape_operators() {
  return {{"Reshape", reshape_of},
          {"Flatten", flatten_of},
          {"Squeeze", squeeze_of},
          {"Unsqueeze", unsqueeze_of},
          {"Expand", expand_of},
          {"Shape", shape_lengths},
          {"Size", size_of},
          {"Constant", constant_of},
          {"ConstantOfShape", constant_of_shape},
          {"Range", range_of},
          {"EyeLike", eye_like},
          {"Trilu", trilu_of}};
}

}  // namespace autonet::exchange
