#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "autonet/autograd/tape.h"
#include "autonet/check/check_grad.h"
#include "autonet/ops/arithmetic.h"

namespace autonet {

/// An op as a host program might write one: a function of the elements of its inputs, a rule in
/// recorded ops, and nothing else: no complex step, no choices.
class HostOp : public Op {
 public:
  struct Parts {
    std::string name = "host_op";
    int arity = 1;
    std::function<double(const std::vector<double>& x)> value;  // from the elements at one place
    std::function<Var(int i, std::span<const Var> x, Var ybar)> rule;
    std::set<int> linear = {};  // inputs in which it claims to be linear
    std::set<int> labels = {};  // inputs without a derivative
  };

  explicit HostOp(Parts parts) : parts_(std::move(parts)) {}
  std::string_view name() const override { return parts_.name; }
  int arity() const override { return parts_.arity; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    std::vector<std::vector<double>> inputs;
    for (const Array& x : in) inputs.push_back(x.to_vector());
    std::vector<double> numbers = inputs[0];
    std::vector<double> x(in.size());
    for (size_t k = 0; k < numbers.size(); ++k) {
      for (size_t i = 0; i < x.size(); ++i) x[i] = inputs[i][k];
      numbers[k] = parts_.value(x);
    }
    y.copy_from(Array::from<double>(y.shape(), numbers));
  }
  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    return parts_.rule(i, in, ybar);
  }
  bool differentiable(int i) const override { return !parts_.labels.contains(i); }
  bool linear_in(int i) const override { return parts_.linear.contains(i); }

 private:
  Parts parts_;
};

inline std::shared_ptr<HostOp> host_op(HostOp::Parts parts) {
  return std::make_shared<HostOp>(std::move(parts));
}

/// A host's op of one input, recorded: y = f(x), element by element.
inline Var plain(Var x, std::function<double(double)> f, std::function<Var(Var x, Var ybar)> rule) {
  return x.tape().record(host_op({.name = "plain",
                                  .value = [f](const std::vector<double>& in) { return f(in[0]); },
                                  .rule = [rule](int, std::span<const Var> in,
                                                 Var ybar) { return rule(in[0], ybar); }}),
                         {x});
}

/// check_grad at one point, "x".
inline CheckReport check_point(const Recording& f, const Array& x,
                               const CheckGradOptions& options = {}) {
  return check_grad(f, std::vector<Array>{x}, std::vector<std::string>{"x"}, options);
}

}  // namespace autonet
