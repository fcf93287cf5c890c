// Whole numbers that stand for real ones: x = scale · (q - zero point).
#include <cmath>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// A scale or zero point, which may have one number for each position along `axis` of x, or for
/// each block of positions.
Var along(const Call& c, Var v, Var x) {
  const Index given = c.whole("axis", 1);
  const Index block = c.whole("block_size", 0);
  if (block < 0 || block > (Index{1} << 28)) c.wrong("block_size is ", block);
  if (block > 0) {
    if (v.rank() != x.rank()) c.wrong("a scale ", v.shape(), " for ", x.shape());
    const int axis = axis_of(c, given, x.rank());
    if (x.shape()[axis] > (Index{1} << 28)) c.unsupported("an axis of ", x.shape()[axis]);
    std::vector<Index> places;
    for (Index i = 0; i < x.shape()[axis]; ++i) places.push_back(i / block);
    if (!places.empty() && places.back() >= v.shape()[axis]) c.wrong("too few blocks");
    return take(v, axis, places);
  }
  if (v.shape().size() == 1) return reshape(v, {});
  if (v.rank() != 1) c.unsupported("a scale of ", v.shape());
  std::vector<Index> lengths(static_cast<size_t>(x.rank()), 1);
  lengths[static_cast<size_t>(axis_of(c, given, x.rank()))] = v.shape().size();
  return reshape(v, Shape(lengths));
}

/// The limits of a type of whole numbers of at most 16 bits.
Limits quantized_limits(const Call& c, Element type) {
  if (!is_whole(type) || bits_of(type) > 16) {
    c.unsupported("quantized numbers of type ", name_of(type));
  }
  return limits_of(type);
}

Var rounded_within(Var x, Limits limits) {
  return clip(round_even(x), limits.low, limits.high);
}

Outputs quantize_of(const Call& c) {
  const Var x = c.in(0);
  const bool saturate = c.whole("saturate", 1) != 0;
  (void)c.whole("precision", 0);
  (void)c.whole("axis", 1);
  const auto asked = static_cast<Element>(c.whole("output_dtype", 0));
  Element type = asked == Element::undefined ? Element::uint8 : asked;
  if (c.has(2)) type = c.type(2);
  // The quotient is rounded in f32, as the definition has it.
  const Var quotient = cast(x, DType::f32) / along(c, cast(c.in(1), DType::f32), x);
  if (is_real(type)) return {{wrapped(quotient, type, saturate), type, {}}};
  Var q = cast(round_even(quotient), DType::f64);
  if (c.has(2)) q = q + along(c, c.in(2), x);
  return c.result(rounded_within(q, quantized_limits(c, type)), type);
}

Outputs dequantize_of(const Call& c) {
  Var q = c.in(0);
  const auto asked = static_cast<Element>(c.whole("output_dtype", 0));
  const Element type = asked == Element::undefined ? c.type(1) : asked;
  if (c.has(2)) q = q - along(c, c.in(2), q);
  (void)c.whole("axis", 1);
  const Var scale = c.in(1);
  if (dtype_of(type) != scale.dtype()) c.unsupported("outputs of type ", name_of(type));
  return c.result(cast(q, scale.dtype()) * along(c, scale, q), type);
}

/// The range of x, widened to hold 0, is mapped to 0 … 255.
Outputs dynamic_quantize(const Call& c) {
  const Var x = c.in(0);
  const Var low = minimum(-max(-x), 0.0);
  const Var high = maximum(max(x), 0.0);
  const Var scale = (high - low) / 255.0;
  const Var zero = rounded_within(-low / scale, {0.0, 255.0});
  const Var q = clip(round_even(x / scale) + zero, 0.0, 255.0);
  return {{cast(q, DType::f64), Element::uint8, {}},
          {scale, Element::float32, {}},
          {cast(zero, DType::f64), Element::uint8, {}}};
}

Outputs quantized_matmul(const Call& c) {
  const auto real = [&](size_t i) { return (c.in(i)-c.in(i + 2)) * cast(c.in(i + 1), DType::f64); };
  const Var y = matmul(real(0), real(3)) / cast(c.in(6), DType::f64);
  return c.result(rounded_within(round_even(y) + c.in(7), quantized_limits(c, c.type(7))),
                  c.type(7));
}

}  // namespace

std::vector<Operator> quantize_operators() {
  return {{"QuantizeLinear", quantize_of},
          {"DequantizeLinear", dequantize_of},
          {"DynamicQuantizeLinear", dynamic_quantize},
          {"QLinearMatMul", quantized_matmul}};
}

}  // namespace autonet::exchange
