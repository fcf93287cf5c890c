#include "ops/activation.h"

#include <numbers>

#include "ops/arithmetic.h"
#include "ops/elementwise.h"
#include "ops/math.h"

namespace autonet {

Var gate(Var x, Var u, double slope) {
  static const BinaryRule kRule{
      "gate",  cpu::Binary::gate,
      nullptr, [](Var p, Var, Var, Var ybar, double c) { return gate(p, ybar, c); },
      false,   true};
  return record_binary(kRule, x, u, slope);
}

Var relu(Var x) {
  static const UnaryRule kRule{"relu", cpu::Unary::relu,
                               // y > 0 just where x > 0, and with y the rule needs no x kept
                               [](Var, Var y, Var ybar, double) { return gate(y, ybar); }};
  return record_unary(kRule, x);
}

Var leaky_relu(Var x, double slope) {
  return gate(x, x, slope);
}

Var elu(Var x, double alpha) {
  static const UnaryRule kRule{"elu", cpu::Unary::elu, [](Var p, Var y, Var ybar, double c) {
                                 const Var above = gate(p, ybar);
                                 return above + (ybar - above) * (y + c);
                               }};
  return record_unary(kRule, x, alpha);
}

Var gelu(Var x) {
  return 0.5 * (x * (erf(x / std::numbers::sqrt2) + 1.0));
}

Var sigmoid(Var x) {
  static const UnaryRule kRule{"sigmoid", cpu::Unary::sigmoid,
                               [](Var, Var y, Var ybar, double) { return ybar * (y * (1.0 - y)); }};
  return record_unary(kRule, x);
}

Var tanh(Var x) {
  static const UnaryRule kRule{"tanh", cpu::Unary::tanh,
                               [](Var, Var y, Var ybar, double) { return ybar * (1.0 - y * y); }};
  return record_unary(kRule, x);
}

Var softplus(Var x) {
  static const UnaryRule kRule{"softplus", cpu::Unary::softplus,
                               [](Var p, Var, Var ybar, double) { return ybar * sigmoid(p); }};
  return record_unary(kRule, x);
}

std::vector<OpInfo> activation_ops() {
  const InputSpec odd{{3, 5}, -2, 2};
  const auto one = [&](Var (*op)(Var)) {
    return std::vector<OpCase>{
        {"odd shape", {odd}, [op](std::span<const Var> in) { return op(in[0]); }}};
  };
  return {
      {"relu", "y = max(x, 0)", one(relu)},
      {"gate",
       "y = u where x > 0, else slope u",
       {{"slope 0", {odd, odd}, [](auto in) { return gate(in[0], in[1]); }},
        {"slope 0.2, a bias", {odd, {{5}}}, [](auto in) { return gate(in[0], in[1], 0.2); }}}},
      {"leaky_relu",
       "y = x if x > 0, else slope x",
       {{"slope 0.1", {odd}, [](auto in) { return leaky_relu(in[0], 0.1); }}}},
      {"elu",
       "y = x if x > 0, else alpha (e^x - 1)",
       {{"alpha 1", {odd}, [](auto in) { return elu(in[0]); }},
        {"alpha 0.7", {odd}, [](auto in) { return elu(in[0], 0.7); }}}},
      {"gelu", "y = x Phi(x)", one(gelu)},
      {"sigmoid", "y = 1 / (1 + e^-x)", one(sigmoid)},
      {"tanh", "y = tanh(x)", one(tanh)},
      {"softplus", "y = ln(1 + e^x)", one(softplus)},
  };
}

}  // namespace autonet
