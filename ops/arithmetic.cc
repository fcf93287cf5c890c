#include "ops/arithmetic.h"

#include "ops/elementwise.h"

namespace autonet {

Var add(Var a, Var b) {
  static const BinaryRule kRule{"add", cpu::Binary::add,
                                [](Var, Var, Var, Var ybar, double) { return ybar; },
                                [](Var, Var, Var, Var ybar, double) { return ybar; }};
  return record_binary(kRule, a, b);
}

Var sub(Var a, Var b) {
  static const BinaryRule kRule{"sub", cpu::Binary::sub,
                                [](Var, Var, Var, Var ybar, double) { return ybar; },
                                [](Var, Var, Var, Var ybar, double) { return -ybar; }};
  return record_binary(kRule, a, b);
}

Var mul(Var a, Var b) {
  static const BinaryRule kRule{"mul",
                                cpu::Binary::mul,
                                [](Var, Var q, Var, Var ybar, double) { return ybar * q; },
                                [](Var p, Var, Var, Var ybar, double) { return ybar * p; },
                                true,
                                true};
  return record_binary(kRule, a, b);
}

Var div(Var a, Var b) {
  static const BinaryRule kRule{"div",
                                cpu::Binary::div,
                                [](Var, Var q, Var, Var ybar, double) { return ybar / q; },
                                [](Var, Var q, Var y, Var ybar, double) { return -(ybar * y / q); },
                                true,
                                false};
  return record_binary(kRule, a, b);
}

Var negate(Var x) {
  static const UnaryRule kRule{"negate", cpu::Unary::negate,
                               [](Var, Var, Var ybar, double) { return -ybar; }, true};
  return record_unary(kRule, x);
}

Var scale(Var x, double c) {
  static const UnaryRule kRule{"scale", cpu::Unary::scale,
                               [](Var, Var, Var ybar, double k) { return k * ybar; }, true};
  return record_unary(kRule, x, c);
}

Var add_constant(Var x, double c) {
  static const UnaryRule kRule{"add_constant", cpu::Unary::add_constant,
                               [](Var, Var, Var ybar, double) { return ybar; }};
  return record_unary(kRule, x, c);
}

std::vector<OpInfo> arithmetic_ops() {
  const auto cases = [](Var (*op)(Var, Var), double low, double high) {
    const auto both = [op](std::span<const Var> in) { return op(in[0], in[1]); };
    const InputSpec a{{2, 3, 5}};
    return std::vector<OpCase>{
        {"equal shapes", {a, {{2, 3, 5}, low, high}}, both},
        {"a bias", {a, {{5}, low, high}}, both},
        {"both stretched", {{{2, 1, 5}}, {{3, 1}, low, high}}, both},
        {"a scalar", {a, {{}, low, high}}, both},
        {"a with itself", {{{3, 2}, low, high}}, [op](auto in) { return op(in[0], in[0]); }}};
  };
  const InputSpec odd{{3, 5}};
  return {
      {"add", "y = a + b", cases(add, -1, 1)},
      {"sub", "y = a - b", cases(sub, -1, 1)},
      {"mul", "y = a b", cases(mul, -1, 1)},
      {"div", "y = a / b", cases(div, 0.5, 2)},
      {"negate", "y = -x", {{"odd shape", {odd}, [](auto in) { return negate(in[0]); }}}},
      {"scale", "y = c x", {{"c = -2.5", {odd}, [](auto in) { return scale(in[0], -2.5); }}}},
      {"add_constant",
       "y = x + c",
       {{"c = 3", {odd}, [](auto in) { return mul(add_constant(in[0], 3), in[0]); }}}},
  };
}

}  // namespace autonet
