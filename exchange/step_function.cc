#include "exchange/step_function.h"

#include <array>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/op.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"

namespace autonet::exchange {
namespace {

/// Calls body(y, a, b) with the places of each element, in the order of y; a and b are broadcast.
template <typename T, typename Body>
void for_each_pair(Array& y, const Array& a, const Array& b, Body body) {
  const Shape& shape = y.shape();
  std::array<Index, Shape::kMaxRank> at{};
  T* out = y.data<T>();
  const T* pa = a.data<T>();
  const T* pb = b.data<T>();
  for (Index i = 0; i < shape.size(); ++i) {
    body(out[i], *pa, *pb);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const auto k = static_cast<size_t>(axis);
      pa += a.stride(axis);
      pb += b.stride(axis);
      if (++at[k] < shape[axis]) break;
      pa -= at[k] * a.stride(axis);
      pb -= at[k] * b.stride(axis);
      at[k] = 0;
    }
  }
}

class StepFunction : public Op {
 public:
  StepFunction(std::string_view name, double (*one)(double), double (*two)(double, double))
      : name_(name), one_(one), two_(two) {}

  std::string_view name() const override { return name_; }
  int arity() const override { return two_ == nullptr ? 1 : 2; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    if (two_ == nullptr) return in[0];
    if (in[0].dtype != in[1].dtype) {
      throw Error(text::concat(name_, ": a is ", in[0], " but b is ", in[1],
                               "; the number types must be the same"));
    }
    return {broadcast_shapes(in[0].shape, in[1].shape, std::string(name_).c_str()), in[0].dtype};
  }

  void forward(Context& /*context*/, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? compute<float>(in, y) : compute<double>(in, y);
  }

  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }
  bool differentiable(int) const override { return false; }

 private:
  template <typename T>
  void compute(std::span<const Array> in, Array& y) const {
    const Array a = in[0].broadcast_to(y.shape());
    const Array b = two_ == nullptr ? a : in[1].broadcast_to(y.shape());
    for_each_pair<T>(y, a, b, [&](T& out, T x, T z) {
      out = static_cast<T>(two_ == nullptr ? one_(static_cast<double>(x))
                                           : two_(static_cast<double>(x), static_cast<double>(z)));
    });
  }

  std::string_view name_;
  double (*one_)(double);
  double (*two_)(double, double);
};

}  // namespace

Var record_step(std::string_view name, double (*f)(double), Var x) {
  return x.tape().record(std::make_shared<StepFunction>(name, f, nullptr), {x});
}

Var record_step(std::string_view name, double (*f)(double, double), Var a, Var b) {
  return a.tape().record(std::make_shared<StepFunction>(name, nullptr, f), {a, b});
}

Var floor(Var x) {
  return record_step(
      "floor", [](double v) { return std::floor(v); }, x);
}
Var ceil(Var x) {
  return record_step(
      "ceil", [](double v) { return std::ceil(v); }, x);
}
Var round_even(Var x) {
  return record_step(
      "round", [](double v) { return std::nearbyint(v); }, x);
}
Var truncated(Var x) {
  return record_step(
      "truncate", [](double v) { return std::trunc(v); }, x);
}

}  // namespace autonet::exchange
