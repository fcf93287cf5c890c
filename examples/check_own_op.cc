// An op of a host program: it is checked, its rule is broken on purpose, and it is checked again.
// docs/own-op.md explains it.
#include <cstdio>

#include <autonet/autonet.h>

using namespace autonet;

/// y_i = x_1 + … + x_i along the last axis. Gradient: xbar_i = ybar_i + … + ybar_n, the same sum
/// from the other end: flip, sum, flip.
class CumulativeSum : public Op {
 public:
  explicit CumulativeSum(bool broken = false) : broken_(broken) {}

  std::string_view name() const override { return "cumulative_sum"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    if (in[0].shape.rank() < 1) {
      throw Error("cumulative_sum: needs at least one axis, got x " + in[0].shape.str());
    }
    return in[0];
  }

  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.copy_from(in[0]);
    y.dtype() == DType::f32 ? add_up<float>(y) : add_up<double>(y);
  }

  Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
    const auto op = std::make_shared<CumulativeSum>(broken_);
    if (broken_) return ybar.tape().record(op, {ybar});  // the mistake: without the flips
    return flip(ybar.tape().record(op, {flip(ybar, {-1})}), {-1});
  }

  bool linear_in(int) const override { return true; }

 private:
  template <typename T>
  static void add_up(Array& y) {
    const Index length = y.shape()[y.rank() - 1];
    for (Index i = 0; i < y.size(); ++i) {
      if (i % length > 0) y.data<T>()[i] += y.data<T>()[i - 1];
    }
  }

  bool broken_;
};

int main() {
  const Array x = Array::from<double>({2, 4}, {0.3, -1.2, 0.8, 2.0, -0.5, 0.1, 1.7, -0.9});
  const CheckReport right = check_op(std::make_shared<CumulativeSum>(), {x}, {.order = 2});
  std::printf("%s\n", to_text(right).c_str());

  const CheckReport wrong = check_op(std::make_shared<CumulativeSum>(true), {x});
  std::printf("%s", to_text(wrong).c_str());

  const bool as_expected = right.passed() && wrong.verdict == Verdict::failed;
  return as_expected ? 0 : 1;
}
