#include "autonet/ops/softmax.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/cpu/softmax.h"
#include "ops/families.h"

namespace autonet {
namespace {

/// log_softmax(x + i h u), row by row: the complex step.
std::vector<internal::Complex> complex_log_softmax(const Array& x, const Array& u) {
  const std::vector<double> numbers = x.to_vector();
  const std::vector<double> along = u.to_vector();
  const auto classes = static_cast<size_t>(x.shape()[x.rank() - 1]);
  std::vector<internal::Complex> y(numbers.size());
  for (size_t row = 0; row < numbers.size(); row += classes) {
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(row);
    const double largest = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes));
    internal::Complex sum;
    for (size_t k = row; k < row + classes; ++k) {
      y[k] = internal::Complex(numbers[k] - largest, internal::kComplexStep * along[k]);
      sum += std::exp(y[k]);
    }
    for (size_t k = row; k < row + classes; ++k) y[k] -= std::log(sum);
  }
  return y;
}

/// v - p · (sum of v over the last axis) for p = e^log_p, as -v (p - 1) + p (v - sum): where p is
/// near 1, p - 1 keeps its digits, and where the sum is v alone nothing cancels.
Var less_mean(Var v, Var log_p) {
  return exp(log_p) * (v - sum(v, {-1}, true)) - expm1(log_p) * v;
}

class LogSoftmax : public Op {
 public:
  std::string_view name() const override { return "log_softmax"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& x = in[0].shape;
    if (x.rank() < 1 || x[x.rank() - 1] < 1) {
      throw Error("log_softmax: needs a last axis with at least one class, got x " + x.str());
    }
    return in[0];
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::log_softmax(context, in[0], y);
  }
  Var vjp(int, std::span<const Var>, Var y, Var ybar) const override { return less_mean(ybar, y); }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    return in[0].rank() < 2 ? BatchUse::whole : internal::each_along_first_axis(in, axes);
  }
  std::optional<Array> complex_step(Context&, std::span<const Array> in, int,
                                    const Array& u) const override {
    const std::vector<internal::Complex> y = complex_log_softmax(in[0], u);
    return internal::array_of(in[0].type(),
                              [&](size_t k) { return y[k].imag() / internal::kComplexStep; });
  }
};

class OneHot : public Op {
 public:
  OneHot(const char* op, const Shape& labels, Index classes)
      : op_(op), labels_(labels), classes_(classes) {}

  std::string_view name() const override { return "one_hot"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& labels = in[0].shape;
    if (labels.rank() != 1 || classes_ < 1) {
      throw Error(text::concat("one_hot: needs labels [N] and at least one class, got labels ",
                               labels, " and ", classes_, " classes"));
    }
    return {{labels[0], classes_}, in[0].dtype};
  }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? mark<float>(in[0], y) : mark<double>(in[0], y);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }  // never called
  bool differentiable(int) const override { return false; }

 private:
  template <typename T>
  void mark(const Array& labels, Array& y) const {
    const T* label = labels.data<T>();
    T* row = y.data<T>();
    std::fill_n(row, y.size(), T{0});
    for (Index n = 0; n < y.shape()[0]; ++n, label += labels.stride(0), row += classes_) {
      if (!(*label >= T{0} && *label < static_cast<T>(classes_)) || *label != std::floor(*label)) {
        throw Error(text::concat(op_, ": label ", *label, " at ",
                                 internal::position_text(n, labels_), " is none of the ", classes_,
                                 " classes; it must be a whole number from 0 to ", classes_ - 1));
      }
      row[static_cast<Index>(*label)] = T{1};
    }
  }

  const char* op_;
  Shape labels_;
  Index classes_;
};

class SoftmaxCrossEntropy : public Op {
 public:
  std::string_view name() const override { return "softmax_cross_entropy"; }
  int arity() const override { return 2; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& z = in[0].shape;
    const Shape& t = in[1].shape;
    if (z.rank() != 2 || z != t || z[1] < 1 || in[0].dtype != in[1].dtype) {
      throw Error(
          "softmax_cross_entropy: needs logits [N,K] and targets of the same type, or labels [N]; "
          "logits " +
          z.str() + " " + name_of(in[0].dtype) + ", targets " + t.str() + " " +
          name_of(in[1].dtype));
    }
    return {{}, in[0].dtype};
  }

  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    y.fill(cpu::cross_entropy(context, in[0], in[1]));
  }

  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    const Var z = in[0];
    const Var t = in[1];
    const Var share = ybar / static_cast<double>(z.shape()[0]);  // each image's part of the mean
    const Var log_p = log_softmax(z);
    return -share * (i == 0 ? less_mean(t, log_p) : log_p);
  }
  bool linear_in(int i) const override { return i == 1; }
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int i,
                                    const Array& u) const override {
    if (i == 1) return Op::complex_step(context, in, i, u);
    const std::vector<internal::Complex> y = complex_log_softmax(in[0], u);
    const std::vector<double> t = in[1].to_vector();
    internal::Complex total;
    for (size_t k = 0; k < t.size(); ++k) total -= t[k] * y[k];
    const double images = static_cast<double>(in[0].shape()[0]);
    return Array::scalar(total.imag() / internal::kComplexStep / images, in[0].dtype());
  }
};

}  // namespace

Var log_softmax(Var x) {
  return x.tape().record(std::make_shared<LogSoftmax>(), {x});
}

Var softmax(Var x) {
  return exp(log_softmax(x));
}

Var one_hot(Var labels, Index classes) {
  return labels.tape().record(std::make_shared<OneHot>("one_hot", labels.shape(), classes),
                              {labels});
}

Var internal::one_hot_of(const char* op, Var labels, Index classes) {
  return labels.tape().record(std::make_shared<OneHot>(op, labels.shape(), classes),
                              {reshape(labels, {labels.shape().size()})});
}

Var softmax_cross_entropy(Var logits, Var targets, double smoothing) {
  if (!(smoothing >= 0.0 && smoothing <= 1.0)) {
    throw Error(
        text::concat("softmax_cross_entropy: smoothing must be between 0 and 1, got ", smoothing));
  }
  Var t = targets;
  if (t.rank() == 1 && logits.rank() == 2) {
    if (t.shape()[0] != logits.shape()[0]) {
      throw Error(text::concat("softmax_cross_entropy: ", logits.shape()[0], " images but ",
                               t.shape()[0], " labels; logits ", logits.shape(), ", labels ",
                               t.shape()));
    }
    t = internal::one_hot_of("softmax_cross_entropy", t, logits.shape()[1]);
  }
  if (smoothing > 0.0 && t.rank() == 2) {
    t = (1.0 - smoothing) * t + smoothing / static_cast<double>(t.shape()[1]);
  }
  return logits.tape().record(std::make_shared<SoftmaxCrossEntropy>(), {logits, t});
}

Var mean_squared_error(Var a, Var b) {
  if (a.shape() != b.shape() && a.rank() != 0 && b.rank() != 0) {
    throw Error(
        text::concat("mean_squared_error: a is ", a.shape(), " but b is ", b.shape(),
                     "; they must have one shape, or one must be a scalar: reshape() them"));
  }
  const Var difference = a - b;
  return mean(difference * difference);
}

namespace internal {

std::vector<OpInfo> softmax_ops() {
  const InputSpec logits{{3, 5}, -2, 2};
  const InputSpec labels{{3}, 0, 4, InputSpec::Kind::integer};
  return {
      {"log_softmax",
       "y = x - ln(sum(e^x)) over the last axis",
       {{"[3,5]", {logits}, [](auto in) { return log_softmax(in[0]); }},
        {"three axes", {{{2, 2, 3}, -2, 2}}, [](auto in) { return log_softmax(in[0]); }}}},
      {"softmax",
       "y = e^x / sum(e^x) over the last axis",
       {{"[3,5]", {logits}, [](auto in) { return softmax(in[0]); }}}},
      {"one_hot",
       "y[n,k] = 1 where k is labels[n], else 0",
       {{"5 classes", {labels}, [](auto in) { return one_hot(in[0], 5); }}}},
      {"softmax_cross_entropy",
       "y = -1/N sum over n,k of t[n,k] log_softmax(z)[n,k]",
       {{"probabilities",
         {logits, {{3, 5}, 0, 1}},
         [](auto in) { return softmax_cross_entropy(in[0], in[1]); }},
        {"labels, smoothing 0.1",
         {logits, labels},
         [](auto in) { return softmax_cross_entropy(in[0], in[1], 0.1); }}}},
      {"mean_squared_error",
       "y = mean of (a - b)^2",
       {{"equal shapes",
         {logits, {{3, 5}}},
         [](auto in) { return mean_squared_error(in[0], in[1]); }}}},
  };
}

}  // namespace internal
}  // namespace autonet
