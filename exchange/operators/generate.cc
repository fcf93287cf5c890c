// Signal processing, and small operators made of others.
#include <cmath>
#include <numbers>
#include <numeric>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// a - b cos(2 pi i / n) + c cos(4 pi i / n)
Outputs window_of(const Call& c, double a, double b, double second) {
  const double size = c.known(0).item();
  if (!(size >= 0 && size <= 67108864)) c.unsupported("a window of ", size, " numbers");
  const auto type =
      static_cast<Element>(c.whole("output_datatype", static_cast<Index>(Element::float32)));
  if (!is_real(type)) c.unsupported("a window of type ", name_of(type));
  const double n = c.whole("periodic", 1) != 0 ? size : size - 1.0;
  const Array numbers = array_from(static_cast<Index>(size), [&](Index i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / n;
    return a - b * std::cos(angle) + second * std::cos(2.0 * angle);
  });
  return {c.constant(numbers, type)};
}

Outputs hann_window(const Call& c) {
  return window_of(c, 0.5, 0.5, 0.0);
}
Outputs hamming_window(const Call& c) {
  return window_of(c, 25.0 / 46.0, 21.0 / 46.0, 0.0);
}
Outputs blackman_window(const Call& c) {
  return window_of(c, 0.42, 0.5, 0.08);
}

/// Products of the numbers up to each place along an axis, by doubling distances.
Outputs cumulative_product(const Call& c) {
  Var x = c.in(0);
  const int axis = axis_of(c, c.known_whole(1), x.rank());
  const bool reverse = c.whole("reverse", 0) != 0;
  const Index n = x.shape()[axis];
  if (reverse) x = flip(x, {axis});
  /// x moved by k places along the axis, with ones where nothing is left.
  const auto moved = [&](Var v, Index k) {
    const Var ones = filled(c.tape(), {v.shape().with(axis, k), v.dtype()}, 1.0);
    return concat({ones, slice(v, axis, 0, n - k)}, axis);
  };
  for (Index k = 1; k < n; k *= 2) x = x * moved(x, k);
  if (c.whole("exclusive", 0) != 0 && n > 0) x = moved(x, 1);
  return c.result(reverse ? flip(x, {axis}) : x);
}

/// Cuts or pads axes to these lengths, around their middle.
Outputs center_crop_pad(const Call& c) {
  Var x = c.in(0);
  const std::vector<Index> lengths = c.known_wholes(1);
  std::vector<Index> axes(static_cast<size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), Index{0});
  axes = c.wholes("axes").value_or(axes);
  if (axes.size() != lengths.size()) c.wrong(lengths.size(), " lengths for ", axes.size(), " axes");
  std::vector<AxisPad> margins(static_cast<size_t>(x.rank()));
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = axis_of(c, axes[i], x.rank());
    const Index more = lengths[i] - x.shape()[axis];
    // The odd element is added behind, and cut off behind.
    AxisPad& margin = margins[static_cast<size_t>(axis)];
    margin.lo = more >= 0 ? more / 2 : -(-more / 2);
    margin.hi = more - margin.lo;
  }
  return c.result(pad(x, margins));
}

/// swish(a) b
Outputs swiglu_of(const Call& c) {
  const Var a = c.in(0);
  return c.result(a * sigmoid(c.number("alpha", 1.0) * a) * c.in(1));
}

/// x with one axis multiplied by a matrix.
Var along_axis(Var x, int axis, Var matrix) {
  const int last = x.rank() - 1;
  return swap_axes(matmul(swap_axes(x, axis, last), matrix), axis, last);
}

/// x cut or padded with zeros behind, so that the axis has this length.
Var with_length(Var x, int axis, Index length) {
  std::vector<AxisPad> margins(static_cast<size_t>(x.rank()));
  margins[static_cast<size_t>(axis)].hi = length - x.shape()[axis];
  return pad(x, margins);
}

/// The discrete Fourier transform of one axis, as a product with a matrix. The last axis holds the
/// real and the imaginary part.
Outputs dft_of(const Call& c) {
  const bool inverse = c.whole("inverse", 0) != 0;
  const bool half = c.whole("onesided", 0) != 0;
  Var x = c.in(0);
  const int last = x.rank() - 1;
  if (last < 1 || x.shape()[last] < 1 || x.shape()[last] > 2) c.wrong("numbers ", x.shape());
  if (half && inverse) c.unsupported("the inverse of one side");
  const Index named = c.opset() < 20 ? c.whole("axis", 1) : c.has(2) ? c.known_whole(2) : -2;
  const int axis = axis_of(c, named, x.rank());
  if (axis == last) c.wrong("the axis of the real and imaginary parts");
  const Index n = c.has(1) ? c.known_whole(1) : x.shape()[axis];
  if (n < 1 || n > 8192) c.unsupported("a transform of ", n, " numbers");
  x = with_length(x, axis, n);
  const Index kept = half ? n / 2 + 1 : n;
  Array cosines = Array::uninitialized({{n, kept}, DType::f64});
  Array sines = Array::uninitialized({{n, kept}, DType::f64});
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < kept; ++k) {
      const double turns = static_cast<double>(i * k % n) / static_cast<double>(n);
      cosines.set({i, k}, std::cos(2.0 * std::numbers::pi * turns));
      sines.set({i, k}, (inverse ? 1.0 : -1.0) * std::sin(2.0 * std::numbers::pi * turns));
    }
  }
  const Var cosine = c.tape().constant(cosines.to(x.dtype()));
  const Var sine = c.tape().constant(sines.to(x.dtype()));
  const Var a = slice(x, last, 0, 1);
  Var real = along_axis(a, axis, cosine);
  Var imaginary = along_axis(a, axis, sine);
  if (x.shape()[last] == 2) {
    const Var b = slice(x, last, 1, 1);
    real = real - along_axis(b, axis, sine);
    imaginary = imaginary + along_axis(b, axis, cosine);
  }
  const Var y = concat({real, imaginary}, last);
  return c.result(inverse ? y / static_cast<double>(n) : y);
}

/// The share of each frequency of a spectrum in each of the bands of the mel scale, as triangles.
Outputs mel_weights(const Call& c) {
  const Index bands = c.known_whole(0);
  const Index size = c.known_whole(1);
  const double rate = c.known(2).item();
  const double low = c.known(3).item();
  const double high = c.known(4).item();
  const auto type =
      static_cast<Element>(c.whole("output_datatype", static_cast<Index>(Element::float32)));
  if (!is_real(type)) c.unsupported("a matrix of type ", name_of(type));
  const Index bins = size / 2 + 1;
  if (bands < 1 || size < 1 || bands * bins > (Index{1} << 26) || !(rate > 0.0))
    c.wrong(bands, " bands of ", size, " samples at ", rate);
  const auto mel = [](double hertz) { return 2595.0 * std::log10(1.0 + hertz / 700.0); };
  const double step = (mel(high) - mel(low)) / static_cast<double>(bands + 2);
  std::vector<Index> edges;
  for (Index i = 0; i < bands + 2; ++i) {
    const double at = mel(low) + static_cast<double>(i) * step;
    const double hertz = 700.0 * (std::pow(10.0, at / 2595.0) - 1.0);
    const double bin = std::floor(static_cast<double>(size + 1) * hertz / rate);
    if (!(bin >= 0.0 && bin < static_cast<double>(bins))) c.wrong("an edge lies outside the bins");
    edges.push_back(static_cast<Index>(bin));
  }
  Array matrix = Array::zeros({{bins, bands}, DType::f64});
  for (size_t k = 0; k + 2 < edges.size(); ++k) {
    const auto band = static_cast<Index>(k);
    const Index rise = edges[k + 1] - edges[k];
    const Index fall = edges[k + 2] - edges[k + 1];
    if (rise == 0) matrix.set({edges[k + 1], band}, 1.0);
    for (Index j = edges[k]; rise > 0 && j <= edges[k + 1]; ++j)
      matrix.set({j, band}, static_cast<double>(j - edges[k]) / static_cast<double>(rise));
    for (Index j = edges[k + 1]; j < edges[k + 2]; ++j)
      matrix.set({j, band}, static_cast<double>(edges[k + 2] - j) / static_cast<double>(fall));
  }
  return {c.constant(matrix, type)};
}

}  // namespace

std::vector<Operator> generate_operators() {
  return {{"MelWeightMatrix", mel_weights},
          {"HannWindow", hann_window},
          {"HammingWindow", hamming_window},
          {"BlackmanWindow", blackman_window},
          {"CumProd", cumulative_product},
          {"CenterCropPad", center_crop_pad},
          {"SwiGLU", swiglu_of},
          {"DFT", dft_of}};
}

}  // namespace autonet::exchange
