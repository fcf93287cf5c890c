// A layer whose backward pass was written by hand, without a tape: it is checked, broken in three
// ways, and each time the report says what is wrong.
#include <cmath>
#include <cstdio>
#include <span>
#include <vector>

#include <autonet/autonet.h>

using namespace autonet;

/// A convolution of signals with a bias and tanh, as a student would write it:
///
///     y[n][o] = tanh(b + sum_k x[n][o + k] w[k]) / batch
///
/// x is [batch, length], w [width], b [1], y [batch, length - width + 1].
struct Layer {
  enum class Mistake { none, flipped, mean_forgotten, image_lost };
  Mistake mistake = Mistake::none;

  Array forward(std::span<const Array> in) const {
    const Index batch = in[0].shape()[0], length = in[0].shape()[1], width = in[1].size();
    Array y = Array::zeros({{batch, length - width + 1}, DType::f64});
    for (Index n = 0; n < batch; ++n) {
      for (Index o = 0; o <= length - width; ++o) {
        double sum = in[2].at({0});
        for (Index k = 0; k < width; ++k) sum += in[0].at({n, o + k}) * in[1].at({k});
        y.set({n, o}, std::tanh(sum) / static_cast<double>(batch));
      }
    }
    return y;
  }

  std::vector<Array> backward(std::span<const Array> in, const Array& ybar) const {
    const Array y = forward(in);
    const Index batch = y.shape()[0], outputs = y.shape()[1], width = in[1].size();
    const auto size = static_cast<double>(batch);
    std::vector<Array> bars;
    for (const Array& x : in) bars.push_back(Array::zeros(x.type()));
    const auto add = [](Array& to, std::initializer_list<Index> position, double value) {
      to.set(position, to.at(position) + value);
    };
    const Index images = mistake == Mistake::image_lost ? batch - 1 : batch;
    for (Index n = 0; n < images; ++n) {
      for (Index o = 0; o < outputs; ++o) {
        const double t = y.at({n, o}) * size;
        double bar = ybar.at({n, o}) * (1 - t * t);
        if (mistake != Mistake::mean_forgotten) bar /= size;
        for (Index k = 0; k < width; ++k) {
          add(bars[0], {n, o + k}, bar * in[1].at({k}));
          const Index at = mistake == Mistake::flipped ? width - 1 - k : k;
          add(bars[1], {at}, bar * in[0].at({n, o + k}));
        }
        add(bars[2], {0}, bar);
      }
    }
    return bars;
  }
};

int main() {
  Random random(1);
  const auto noise = [&](const Shape& shape) {
    Array x = Array::zeros({shape, DType::f64});
    for (double& v : std::span(x.data<double>(), static_cast<size_t>(x.size()))) {
      v = random.normal();
    }
    return x;
  };
  const std::vector<Array> at = {noise({3, 6}), noise({3}), noise({1})};
  CheckGradientOptions options{.names = {"x", "w", "b"}};
  options.batch = 3;

  using enum Layer::Mistake;
  int as_expected = 0;
  for (const auto mistake : {none, flipped, mean_forgotten, image_lost}) {
    const Layer layer{mistake};
    const CheckReport report = check_gradient(
        [&](std::span<const Array> in) { return layer.forward(in); },
        [&](std::span<const Array> in, const Array& ybar) { return layer.backward(in, ybar); }, at,
        options);
    std::printf("%s\n", to_text(report).c_str());
    as_expected += report.passed() == (mistake == none) ? 1 : 0;
  }
  return as_expected == 4 ? 0 : 1;
}
