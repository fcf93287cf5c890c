#include "ops/elementwise.h"

#include <vector>

#include "autograd/error.h"
#include "autograd/tape.h"
#include "ops/complex_step.h"
#include "ops/recognize.h"
#include "ops/reduce.h"

namespace autonet {
namespace {

class UnaryOp : public Op {
 public:
  UnaryOp(const UnaryRule& rule, double c) : rule_(rule), c_(c) {}
  MapCall<cpu::Unary> call() const { return {rule_.function, c_}; }

  std::string_view name() const override { return rule_.name; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::map(context, rule_.function, in[0], y, c_);
  }
  Var vjp(int, std::span<const Var> in, Var y, Var ybar) const override {
    return rule_.xbar(in[0], y, ybar, c_);
  }
  bool differentiable(int) const override { return rule_.xbar != nullptr; }
  bool linear_in(int) const override { return rule_.linear; }
  std::optional<Array> complex_step(Context&, std::span<const Array> in, int,
                                    const Array& u) const override {
    const std::vector<double> x = in[0].to_vector();
    const std::vector<double> along = u.to_vector();
    return array_of(in[0].type(), [&](size_t k) {
      const Complex z(x[k], kComplexStep * along[k]);
      return complex_value(rule_.function, z, c_).imag() / kComplexStep;
    });
  }
  std::uint64_t choices(Context&, std::span<const Array> in) const override {
    return chooses_by_sign(rule_.function) ? fingerprint_of_signs(in[0]) : 0;
  }
  std::string attributes() const override { return c_ == 0.0 ? "" : "c " + std::to_string(c_); }

 private:
  UnaryRule rule_;
  double c_;
};

class BinaryOp : public Op {
 public:
  BinaryOp(const BinaryRule& rule, double c) : rule_(rule), c_(c) {}
  MapCall<cpu::Binary> call() const { return {rule_.function, c_}; }

  std::string_view name() const override { return rule_.name; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    const std::string op(rule_.name);
    if (in[0].dtype != in[1].dtype) {
      throw Error(op + ": a is " + name_of(in[0].dtype) + " but b is " + name_of(in[1].dtype) +
                  "; a " + in[0].shape.str() + ", b " + in[1].shape.str());
    }
    return {broadcast_shapes(in[0].shape, in[1].shape, op.c_str()), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::map(context, rule_.function, in[0].broadcast_to(y.shape()), in[1].broadcast_to(y.shape()),
             y, c_);
  }
  Var vjp(int i, std::span<const Var> in, Var y, Var ybar) const override {
    const auto rule = i == 0 ? rule_.abar : rule_.bbar;
    return sum_to(rule(in[0], in[1], y, ybar, c_), in[static_cast<size_t>(i)].shape());
  }
  bool differentiable(int i) const override {
    return (i == 0 ? rule_.abar : rule_.bbar) != nullptr;
  }
  bool linear_in(int i) const override { return i == 0 ? rule_.linear_in_a : rule_.linear_in_b; }
  std::optional<Array> complex_step(Context&, std::span<const Array> in, int i,
                                    const Array& u) const override {
    const ArrayType y = infer(std::vector<ArrayType>{in[0].type(), in[1].type()});
    const std::vector<double> a = in[0].broadcast_to(y.shape).to_vector();
    const std::vector<double> b = in[1].broadcast_to(y.shape).to_vector();
    const std::vector<double> along = u.broadcast_to(y.shape).to_vector();
    return array_of(y, [&](size_t k) {
      const Complex step(0.0, kComplexStep * along[k]);
      const Complex value = i == 0 ? complex_value(rule_.function, a[k] + step, b[k], c_)
                                   : complex_value(rule_.function, a[k], b[k] + step, c_);
      return value.imag() / kComplexStep;
    });
  }
  std::uint64_t choices(Context&, std::span<const Array> in) const override {
    return chooses_by_sign(rule_.function) ? fingerprint_of_signs(in[0]) : 0;
  }

 private:
  BinaryRule rule_;
  double c_;
};

}  // namespace

std::optional<MapCall<cpu::Unary>> as_unary(const Op& op) {
  const auto* unary = dynamic_cast<const UnaryOp*>(&op);
  return unary == nullptr ? std::nullopt : std::optional(unary->call());
}

std::optional<MapCall<cpu::Binary>> as_binary(const Op& op) {
  const auto* binary = dynamic_cast<const BinaryOp*>(&op);
  return binary == nullptr ? std::nullopt : std::optional(binary->call());
}

Var record_unary(const UnaryRule& rule, Var x, double c) {
  return x.tape().record(std::make_shared<UnaryOp>(rule, c), {x});
}

Var record_binary(const BinaryRule& rule, Var a, Var b, double c) {
  return a.tape().record(std::make_shared<BinaryOp>(rule, c), {a, b});
}

}  // namespace autonet
