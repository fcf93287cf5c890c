// Activation functions.
#include "autonet/ops/activation.h"

#include <cmath>

#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

template <Var (*F)(Var)>
Outputs one(const Call& c) {
  c.ignore("consumed_inputs");
  return c.result(F(c.in(0)));
}

Outputs leaky_relu_of(const Call& c) {
  c.ignore("consumed_inputs");
  return c.result(leaky_relu(c.in(0), c.number("alpha", 0.01)));
}

Outputs elu_of(const Call& c) {
  c.ignore("consumed_inputs");
  return c.result(elu(c.in(0), c.number("alpha", 1.0)));
}

Outputs selu_of(const Call& c) {
  c.ignore("consumed_inputs");
  const double alpha = c.number("alpha", 1.67326319217681884765625);
  return c.result(c.number("gamma", 1.05070102214813232421875) * elu(c.in(0), alpha));
}

/// max(0, x) + min(0, alpha (e^(x / alpha) - 1)) = alpha elu(x / alpha)
Outputs celu_of(const Call& c) {
  const double alpha = c.number("alpha", 1.0);
  return c.result(alpha * elu(c.in(0) / alpha));
}

Outputs gelu_of(const Call& c) {
  const std::string approximate = c.text("approximate", "none");
  const Var x = c.in(0);
  if (approximate == "none") return c.result(gelu(x));
  if (approximate != "tanh") c.wrong("approximate is ", approximate);
  const double root = std::sqrt(2.0 / std::numbers::pi);
  return c.result(0.5 * x * (1.0 + tanh(root * (x + 0.044715 * (x * x * x)))));
}

/// Slopes of the channels, axis 1, in version 6; broadcast as in NumPy later.
Outputs prelu_of(const Call& c) {
  c.ignore("consumed_inputs");
  const Var x = c.in(0);
  const bool each = c.opset() < 7 && c.in(1).shape().size() > 1;
  const Var slope = each ? per_channel(c.in(1), x.rank()) : c.in(1);
  return c.result(where(greater_equal(x, 0.0), x, slope * x));
}

Outputs hard_sigmoid(const Call& c) {
  c.ignore("consumed_inputs");
  const double alpha = c.number("alpha", 0.2);
  return c.result(clip(alpha * c.in(0) + c.number("beta", 0.5), 0.0, 1.0));
}

Outputs hard_swish(const Call& c) {
  return c.result(c.in(0) * clip(c.in(0) / 6.0 + 0.5, 0.0, 1.0));
}

Outputs softsign_of(const Call& c) {
  return c.result(c.in(0) / (1.0 + abs(c.in(0))));
}

Outputs mish_of(const Call& c) {
  return c.result(c.in(0) * tanh(softplus(c.in(0))));
}

Outputs swish_of(const Call& c) {
  return c.result(c.in(0) * sigmoid(c.number("alpha", 1.0) * c.in(0)));
}

/// x where |x| > lambd, moved towards 0 by the bias; else 0.
Outputs shrink_of(const Call& c) {
  const double limit = c.number("lambd", 0.5);
  const double bias = c.number("bias", 0.0);
  const Var x = c.in(0);
  const Var below = less(x, -limit);
  const Var above = greater(x, limit);
  return c.result(where(below, x + bias, where(above, x - bias, filled(c.tape(), x.type(), 0.0))));
}

Outputs thresholded_relu(const Call& c) {
  const Var x = c.in(0);
  return c.result(where(greater(x, c.number("alpha", 1.0)), x, filled(c.tape(), x.type(), 0.0)));
}

/// Applies f over one axis. Before version 13, all axes from `axis` on were taken together.
Outputs over_axis(const Call& c, Var (*f)(Var)) {
  const Var x = c.in(0);
  if (c.opset() >= 13) {
    const int axis = axis_of(c, c.whole("axis", -1), x.rank());
    const int last = x.rank() - 1;
    if (axis == last) return c.result(f(x));
    return c.result(swap_axes(f(swap_axes(x, axis, last)), axis, last));
  }
  const int axis = axis_of(c, c.whole("axis", 1), x.rank());
  return c.result(reshape(f(as_matrix(x, axis)), x.shape()));
}

Outputs softmax_of(const Call& c) {
  return over_axis(c, softmax);
}
Outputs log_softmax_of(const Call& c) {
  return over_axis(c, log_softmax);
}

/// 1 at the first largest number, else 0.
Var hardmax(Var x) {
  const Index length = x.shape()[x.rank() - 1];
  return equal(argmax(x, -1, true), counting(x.tape(), length, x.dtype()));
}
Outputs hardmax_of(const Call& c) {
  return over_axis(c, hardmax);
}

}  // namespace

std::vector<Operator> activation_operators() {
  return {{"Relu", one<relu>},
          {"LeakyRelu", leaky_relu_of},
          {"PRelu", prelu_of},
          {"Elu", elu_of},
          {"Selu", selu_of},
          {"Celu", celu_of},
          {"Gelu", gelu_of},
          {"Sigmoid", one<sigmoid>},
          {"HardSigmoid", hard_sigmoid},
          {"HardSwish", hard_swish},
          {"Softplus", one<softplus>},
          {"Softsign", softsign_of},
          {"Mish", mish_of},
          {"Swish", swish_of},
          {"Shrink", shrink_of},
          {"ThresholdedRelu", thresholded_relu},
          {"Softmax", softmax_of},
          {"LogSoftmax", log_softmax_of},
          {"Hardmax", hardmax_of}};
}

}  // namespace autonet::exchange
