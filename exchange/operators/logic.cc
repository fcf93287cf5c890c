// Comparisons, logic, choices, number types and bits.
#include "autonet/ops/arithmetic.h"

#include <cmath>

#include "autonet/ops/compare.h"
#include "autonet/ops/rearrange.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/convert.h"
#include "exchange/operators/families.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// True and false are in f64 arrays.
Outputs truth(const Call& c, Var y) {
  return c.result(cast(y, DType::f64), Element::boolean);
}

template <Var (*F)(Var, Var)>
Outputs compared(const Call& c) {
  return truth(c, F(c.in(0), second_of(c)));
}

Var both(Var a, Var b) {
  return a * b;
}
Var either(Var a, Var b) {
  return maximum(a, b);
}

Outputs not_of(const Call& c) {
  return truth(c, 1.0 - c.in(0));
}

Outputs where_of(const Call& c) {
  const Var condition = cast(c.in(0), c.in(1).dtype());
  return c.result(where(condition, c.in(1), c.in(2)), c.type(1));
}

Outputs is_nan(const Call& c) {
  return truth(c, record_step(
                      "is_nan", [](double x) { return std::isnan(x) ? 1.0 : 0.0; }, c.in(0)));
}

Outputs is_infinite(const Call& c) {
  const bool below = c.whole("detect_negative", 1) != 0;
  const bool above = c.whole("detect_positive", 1) != 0;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Var x = cast(c.in(0), DType::f64);
  Var y = filled(c.tape(), x.type(), 0.0);
  if (below) y = y + equal(x, -kInfinity);
  if (above) y = y + equal(x, kInfinity);
  return truth(c, y);
}

Outputs cast_of(const Call& c) {
  const auto to = static_cast<Element>(c.whole("to", 0));
  return converted(c, c.tensor(0), to, c.whole("saturate", 1) != 0);
}

Outputs cast_like(const Call& c) {
  return converted(c, c.tensor(0), c.type(1), c.whole("saturate", 1) != 0);
}

std::uint64_t bits_of(double x) {
  return x < 0 ? ~static_cast<std::uint64_t>(-x) + 1 : static_cast<std::uint64_t>(x);
}
double number_of(std::uint64_t bits, double like) {
  return like < 0 ? -static_cast<double>(~bits + 1) : static_cast<double>(bits);
}

/// a moved by b bits; by fewer than none or more than there are, all bits are moved out.
double shifted_left(double a, double b) {
  return b < 0 || b > 63 ? 0.0 : std::ldexp(a, static_cast<int>(b));
}
double shifted_right(double a, double b) {
  return b < 0 || b > 63 ? (a < 0 ? -1.0 : 0.0) : std::floor(std::ldexp(a, -static_cast<int>(b)));
}

Outputs bit_shift(const Call& c) {
  const std::string direction = c.text("direction", "");
  if (direction == "RIGHT") {
    return c.result(record_step("shift_right", shifted_right, c.in(0), c.in(1)));
  }
  if (direction != "LEFT") c.wrong("direction is ", direction, ", not LEFT or RIGHT");
  if (c.type(0) == Element::uint64 || c.type(0) == Element::int64) {
    c.unsupported("a shift of 64 bits to the left, which needs numbers beyond 2^53");
  }
  return c.result(record_step("shift_left", shifted_left, c.in(0), c.in(1)));
}

/// Bitwise functions of numbers that are not negative; of a negative one its sign must be known.
template <int kFunction>
double bitwise(double a, double b) {
  const std::uint64_t x = bits_of(a);
  const std::uint64_t y = bits_of(b);
  const bool negative_a = a < 0;
  const bool negative_b = b < 0;
  if constexpr (kFunction == 0) return number_of(x & y, negative_a && negative_b ? -1.0 : 1.0);
  if constexpr (kFunction == 1) return number_of(x | y, negative_a || negative_b ? -1.0 : 1.0);
  return number_of(x ^ y, negative_a != negative_b ? -1.0 : 1.0);
}

template <int kFunction>
Outputs bits(const Call& c) {
  constexpr const char* kNames[] = {"bitwise_and", "bitwise_or", "bitwise_xor"};
  return c.result(record_step(kNames[kFunction], bitwise<kFunction>, c.in(0), c.in(1)));
}

Outputs bits_not(const Call& c) {
  return c.result(-c.in(0) - 1.0);  // of an unsigned number, modulo 2^bits
}

}  // namespace

Outputs converted(const Call& c, const Tensor& x, Element to, bool saturate) {
  if (!is_supported(to)) c.unsupported("casts to ", name_of(to));
  const DType dtype = dtype_of(to);
  if (to == Element::boolean) {
    return c.result(cast(not_equal(x.var, 0.0), dtype), to);
  }
  Var y = x.var;
  if (is_whole(to) && is_real(x.type)) y = truncated(y);
  return {{wrapped(cast(y, dtype), to, saturate), to, {}}};
}

std::vector<Operator> logic_operators() {
  return {{"Equal", compared<equal>},
          {"Greater", compared<greater>},
          {"GreaterOrEqual", compared<greater_equal>},
          {"Less", compared<less>},
          {"LessOrEqual", compared<less_equal>},
          {"And", compared<both>},
          {"Or", compared<either>},
          {"Xor", compared<not_equal>},
          {"Not", not_of},
          {"Where", where_of},
          {"IsNaN", is_nan},
          {"IsInf", is_infinite},
          {"Cast", cast_of},
          {"CastLike", cast_like},
          {"BitShift", bit_shift},
          {"BitwiseAnd", bits<0>},
          {"BitwiseOr", bits<1>},
          {"BitwiseXor", bits<2>},
          {"BitwiseNot", bits_not}};
}

}  // namespace autonet::exchange
