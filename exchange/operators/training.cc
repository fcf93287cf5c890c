// Steps of training as operators: gradients and updates, of the domain ai.onnx.preview.training.
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// The inputs of an optimizer: the learning rate, the number of steps that were done, and lists of
/// the same length, of which the first two are the parameters and their gradients.
class Update {
 public:
  Update(const Call& c, size_t lists) : c_(c), count_((c.inputs() - 2) / lists) {
    const bool fits = c.inputs() > 2 && (c.inputs() - 2) % lists == 0;
    if (!fits) c.wrong("has ", c.inputs(), " inputs, not 2 and ", lists, " for each parameter");
    for (size_t i = 0; i < c.inputs(); ++i) (void)c.tensor(i);
  }

  size_t count() const { return count_; }
  /// Entry i of list k.
  Var in(size_t k, size_t i) const { return c_.in(2 + k * count_ + i); }
  Element type(size_t k, size_t i) const { return c_.type(2 + k * count_ + i); }
  Var rate(DType dtype) const { return cast(c_.in(0), dtype); }
  Var steps(DType dtype) const { return cast(c_.in(1), dtype); }
  /// The gradient of parameter i with that of the weight decay.
  Var gradient(size_t i) const { return in(1, i) + c_.number("norm_coefficient", 0.0) * in(0, i); }

 private:
  const Call& c_;
  size_t count_;
};

/// a in the first step, which has the number 0, and b in all later ones.
Var first_or_later(Var steps, Var a, Var b) {
  return where(greater(steps, 0.0), b, a);
}

/// The outputs of all lists one after another.
Outputs joined(const std::vector<Outputs>& lists) {
  Outputs all;
  for (const Outputs& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

Outputs momentum(const Call& c) {
  const Update u(c, 3);
  const double alpha = c.number("alpha", 0.0);
  const double beta = c.number("beta", 0.0);
  const std::string mode = c.text("mode", "standard");
  if (mode != "standard" && mode != "nesterov") c.wrong("mode is ", mode);
  std::vector<Outputs> lists(2);
  for (size_t i = 0; i < u.count(); ++i) {
    const Var x = u.in(0, i);
    const DType dtype = x.dtype();
    const Var g = u.gradient(i);
    const Var steps = u.steps(dtype);
    const Var share = first_or_later(steps, filled(c.tape(), steps.type(), 1.0),
                                     filled(c.tape(), steps.type(), beta));
    const Var v = alpha * u.in(2, i) + share * g;
    const Var step = mode == "nesterov" ? g + alpha * v : v;
    lists[0].push_back({x - u.rate(dtype) * step, u.type(0, i), {}});
    lists[1].push_back({v, u.type(2, i), {}});
  }
  return joined(lists);
}

Outputs adagrad(const Call& c) {
  const Update u(c, 3);
  const double decay = c.number("decay_factor", 0.0);
  const double epsilon = c.number("epsilon", 1e-6);
  std::vector<Outputs> lists(2);
  for (size_t i = 0; i < u.count(); ++i) {
    const Var x = u.in(0, i);
    const Var g = u.gradient(i);
    const Var h = u.in(2, i) + g * g;
    const Var rate = u.rate(x.dtype()) / (1.0 + decay * u.steps(x.dtype()));
    lists[0].push_back({x - rate * g / (sqrt(h) + epsilon), u.type(0, i), {}});
    lists[1].push_back({h, u.type(2, i), {}});
  }
  return joined(lists);
}

Outputs adam(const Call& c) {
  const Update u(c, 4);
  const double alpha = c.number("alpha", 0.9);
  const double beta = c.number("beta", 0.999);
  const double epsilon = c.number("epsilon", 1e-6);
  const double after = c.number("norm_coefficient_post", 0.0);
  if (!(alpha >= 0.0 && alpha < 1.0 && beta >= 0.0 && beta < 1.0))
    c.wrong("alpha is ", alpha, " and beta ", beta, ", which must be from 0 to below 1");
  // 1 - b^t; the logarithm of 0 is a number so low that its power is 0.
  const auto rest = [](double b, Var steps) {
    return 1.0 - exp((b > 0.0 ? std::log(b) : -1e4) * steps);
  };
  std::vector<Outputs> lists(3);
  for (size_t i = 0; i < u.count(); ++i) {
    const Var x = u.in(0, i);
    const Var g = u.gradient(i);
    const Var v = alpha * u.in(2, i) + (1.0 - alpha) * g;
    const Var h = beta * u.in(3, i) + (1.0 - beta) * (g * g);
    const Var steps = u.steps(DType::f64);
    const Var later = maximum(steps, 1.0);  // for 0 steps the quotient would have no value
    const Var factor = first_or_later(steps, filled(c.tape(), steps.type(), 1.0),
                                      sqrt(rest(beta, later)) / rest(alpha, later));
    const Var rate = u.rate(x.dtype()) * cast(factor, x.dtype());
    lists[0].push_back({(1.0 - after) * (x - rate * v / (sqrt(h) + epsilon)), u.type(0, i), {}});
    lists[1].push_back({v, u.type(2, i), {}});
    lists[2].push_back({h, u.type(3, i), {}});
  }
  return joined(lists);
}

/// The derivatives of the value "y" of the graph with respect to the values "xs", which are the
/// inputs. Of a value with several numbers it is the derivative of their sum.
Outputs gradient(const Call& c) {
  std::vector<std::string> names = c.texts("xs");
  const size_t wanted = names.size();
  const std::vector<std::string> fixed = c.texts("zs");
  names.insert(names.end(), fixed.begin(), fixed.end());
  if (names.size() != c.inputs())
    c.wrong("has ", c.inputs(), " inputs for ", names.size(), " names");
  for (size_t i = 0; i < names.size(); ++i) {
    if (c.node().input[i] != names[i])
      c.unsupported("other inputs than the values that xs and zs name");
  }
  const std::string name = c.text("y", "");
  const Tensor* y = c.in_scope(name);
  if (y == nullptr || !y->var.valid()) c.wrong("y is ", name, ", which no earlier node computes");
  std::vector<Var> xs;
  for (size_t i = 0; i < wanted; ++i) xs.push_back(c.in(i));
  Outputs outputs;
  const std::vector<Var> gradients = grad(sum(y->var), xs);
  for (size_t i = 0; i < wanted; ++i) outputs.push_back({gradients[i], c.type(i), {}});
  return outputs;
}

}  // namespace

std::vector<Operator> training_operators() {
  return {{"ai.onnx.preview.training.Adagrad", adagrad},
          {"ai.onnx.preview.training.Adam", adam},
          {"ai.onnx.preview.training.Gradient", gradient},
          {"ai.onnx.preview.training.Momentum", momentum}};
}

}  // namespace autonet::exchange
