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

struct Limits {
  double low;
  double high;
};

Limits limits_of(const Call& c, Element type) {
  switch (type) {
    case Element::uint8:
      return {0.0, 255.0};
    case Element::int8:
      return {-128.0, 127.0};
    case Element::uint16:
      return {0.0, 65535.0};
    case Element::int16:
      return {-32768.0, 32767.0};
    default:
      c.unsupported("quantized numbers of type ", name_of(type));
  }
}

/// A scale or zero point, which may have one number for each position along `axis` of x.
Var along(const Call& c, Var v, Var x) {
  const Index axis = c.whole("axis", 1);
  if (c.whole("block_size", 0) != 0) c.unsupported("block_size");
  if (v.shape().size() == 1) return reshape(v, {});
  if (v.rank() != 1) c.unsupported("a scale of ", v.shape());
  std::vector<Index> lengths(static_cast<size_t>(x.rank()), 1);
  lengths[static_cast<size_t>(axis_of(c, axis, x.rank()))] = v.shape().size();
  return reshape(v, Shape(lengths));
}

Var rounded_within(Var x, Limits limits) {
  return clip(round_even(x), limits.low, limits.high);
}

Outputs quantize_of(const Call& c) {
  const Var x = c.in(0);
  (void)c.whole("saturate", 1);
  (void)c.whole("precision", 0);
  const auto asked = static_cast<Element>(c.whole("output_dtype", 0));
  Element type = asked == Element::undefined ? Element::uint8 : asked;
  if (c.has(2)) type = c.type(2);
  // The quotient is rounded in f32, as the definition has it.
  Var q = cast(round_even(x / along(c, cast(c.in(1), x.dtype()), x)), DType::f64);
  if (c.has(2)) q = q + along(c, c.in(2), x);
  (void)c.whole("axis", 1);
  return c.result(rounded_within(q, limits_of(c, type)), type);
}

Outputs dequantize_of(const Call& c) {
  Var q = c.in(0);
  (void)c.whole("output_dtype", 0);
  if (c.has(2)) q = q - along(c, c.in(2), q);
  (void)c.whole("axis", 1);
  const Var scale = c.in(1);
  return c.result(cast(q, scale.dtype()) * along(c, scale, q), c.type(1));
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
  return c.result(rounded_within(round_even(y) + c.in(7), limits_of(c, c.type(7))), c.type(7));
}

}  // namespace

std::vector<Operator> quantize_operators() {
  return {{"QuantizeLinear", quantize_of},
          {"DequantizeLinear", dequantize_of},
          {"DynamicQuantizeLinear", dynamic_quantize},
          {"QLinearMatMul", quantized_matmul}};
}

}  // namespace autonet::exchange
