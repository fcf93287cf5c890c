#pragma once

#include <functional>
#include <memory>

#include "autograd/tape.h"
#include "ops/arithmetic.h"

namespace autonet {

/// An op as a host program might write one: y = f(x) element by element, with a rule of recorded
/// ops, and nothing else: no complex step, no choices.
class PlainOp : public Op {
 public:
  using Function = std::function<double(double)>;
  using Rule = std::function<Var(Var x, Var ybar)>;

  PlainOp(Function f, Rule rule) : f_(std::move(f)), rule_(std::move(rule)) {}
  std::string_view name() const override { return "plain"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    std::vector<double> numbers = in[0].to_vector();
    for (double& x : numbers) x = f_(x);
    y.copy_from(Array::from<double>(y.shape(), numbers).to(y.dtype()));
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override { return rule_(in[0], ybar); }

 private:
  Function f_;
  Rule rule_;
};

inline Var plain(Var x, PlainOp::Function f, PlainOp::Rule rule) {
  return x.tape().record(std::make_shared<PlainOp>(std::move(f), std::move(rule)), {x});
}

}  // namespace autonet
