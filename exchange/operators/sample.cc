// Images read at any places, the places of a linear map, and patches put back.
#include <algorithm>
#include <cmath>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/patches.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/windows.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

struct Sampling {
  bool align_corners = false;
  std::string mode;     // "linear", "nearest" or "cubic"
  std::string padding;  // "zeros", "border" or "reflection"
};

/// A tap of the interpolation along one axis: the number of the pixel, and its weight.
struct Tap {
  Var pixel;
  Var weight;
};

/// x folded at both borders until it lies between them.
Var reflected(Var x, double low, double high) {
  const double width = high - low;
  if (width <= 0.0) return x * 0.0 + low;
  // With u = |x - low|, one period is 2 width: forth and back.
  const Var u = abs(x - low);
  const Var rest = u - 2.0 * width * floor(u / (2.0 * width));
  return low + minimum(rest, 2.0 * width - rest);
}

/// The taps of one axis of length n for places between -1 and 1.
std::vector<Tap> taps_of(const Sampling& how, Var place, Index n) {
  const auto length = static_cast<double>(n);
  const double low = how.align_corners ? 0.0 : -0.5;
  const double high = how.align_corners ? length - 1.0 : length - 0.5;
  Var x = how.align_corners ? (place + 1.0) * (0.5 * (length - 1.0))
                            : ((place + 1.0) * length - 1.0) * 0.5;
  const bool nearest = how.mode == "nearest";
  if (nearest) x = round_even(x);
  if (how.padding == "border") x = clip(x, 0.0, length - 1.0);
  if (how.padding == "reflection") x = reflected(x, low, high);
  if (nearest) return {{round_even(x), filled(x.tape(), {{}, x.dtype()}, 1.0)}};
  const Var first = floor(x);
  const Var t = x - first;  // from 0 to 1
  if (how.mode == "linear") return {{first, 1.0 - t}, {first + 1.0, t}};
  constexpr double kA = -0.75;
  const auto near = [&](Var d) { return ((kA + 2.0) * d - (kA + 3.0)) * d * d + 1.0; };
  const auto far = [&](Var d) { return ((kA * d - 5.0 * kA) * d + 8.0 * kA) * d - 4.0 * kA; };
  return {{first - 1.0, far(t + 1.0)},
          {first, near(t)},
          {first + 1.0, near(1.0 - t)},
          {first + 2.0, far(2.0 - t)}};
}

/// The pixel inside the image that stands for one outside, and with zeros a weight of 0 for it.
void bring_inside(const Sampling& how, Tap& tap, Index n) {
  const double last = static_cast<double>(n) - 1.0;
  if (how.padding == "zeros") {
    tap.weight = tap.weight * (greater_equal(tap.pixel, 0.0) * less_equal(tap.pixel, last));
  }
  if (how.padding == "reflection") {
    const double low = how.align_corners ? 0.0 : -0.5;
    tap.pixel = truncated(reflected(tap.pixel, low, how.align_corners ? last : last + 0.5));
  }
  tap.pixel = clip(tap.pixel, 0.0, last);
}

Outputs grid_sample(const Call& c) {
  const Var x = c.in(0);     // [N,C,D1,…,Dr]
  const Var grid = c.in(1);  // [N,O1,…,Or,r]
  const int axes = x.rank() - 2;
  Sampling how{.align_corners = c.whole("align_corners", 0) != 0,
               .mode = c.text("mode", "linear"),
               .padding = c.text("padding_mode", "zeros")};
  if (how.mode == "bilinear") how.mode = "linear";  // the names before version 20
  if (how.mode == "bicubic") how.mode = "cubic";
  if (how.mode != "linear" && how.mode != "nearest" && how.mode != "cubic") {
    c.wrong("mode is ", how.mode);
  }
  if (axes < 1 || axes > 3 || grid.rank() != x.rank() || grid.shape()[grid.rank() - 1] != axes ||
      grid.shape()[0] != x.shape()[0]) {
    c.wrong("a grid ", grid.shape(), " for ", x.shape());
  }
  const Index batch = x.shape()[0];
  const Index channels = x.shape()[1];
  if (batch == 0 || channels == 0 || x.shape().size() == 0) c.unsupported("images without pixels");
  const Index pixels = x.shape().size() / (batch * channels);
  const Index places = grid.shape().size() / (batch * axes);
  const Var rows = reshape(channels_last(x), {batch * pixels, channels});
  const Var coordinates = reshape(cast(grid, x.dtype()), {batch * places, axes});
  std::vector<std::vector<Tap>> taps;  // of each axis, the first one slowest
  for (int axis = 0; axis < axes; ++axis) {
    // The last coordinate belongs to the first axis.
    const Var place = reshape(slice(coordinates, 1, axes - 1 - axis, 1), {batch * places});
    const Index n = x.shape()[axis + 2];
    taps.push_back(taps_of(how, place, n));
    for (Tap& tap : taps.back()) bring_inside(how, tap, n);
  }
  const Array images = array_from(batch * places, [&](Index i) { return i / places * pixels; });
  const Var first = c.tape().constant(images.to(x.dtype()));
  Index combinations = 1;
  for (const auto& of_axis : taps) combinations *= std::ssize(of_axis);
  Var y;
  for (Index k = 0; k < combinations; ++k) {
    Var number = filled(c.tape(), {{batch * places}, x.dtype()}, 0.0);
    Var weight = filled(c.tape(), {{batch * places}, x.dtype()}, 1.0);
    Index rest = k;
    for (int axis = 0; axis < axes; ++axis) {
      const auto& of_axis = taps[static_cast<size_t>(axis)];
      const Tap& tap = of_axis[static_cast<size_t>(rest % std::ssize(of_axis))];
      rest /= std::ssize(of_axis);
      number = number * static_cast<double>(x.shape()[axis + 2]) + tap.pixel;
      weight = weight * tap.weight;
    }
    const Var part = embedding(rows, number + first) * reshape(weight, {batch * places, 1});
    y = y.valid() ? y + part : part;
  }
  std::vector<Index> lengths(grid.shape().lengths().begin(), grid.shape().lengths().end() - 1);
  lengths.push_back(channels);
  return c.result(channels_first(reshape(y, Shape(lengths))));
}

/// The places that a linear map takes the pixels of an image to, for GridSample.
Outputs affine_grid(const Call& c) {
  const Var theta = c.in(0);                           // [N,r,r+1]
  const std::vector<Index> sizes = c.known_wholes(1);  // N, C, D1, …, Dr
  const bool corners = c.whole("align_corners", 0) != 0;
  const Index axes = std::ssize(sizes) - 2;
  if (axes < 2 || axes > 3 || theta.shape() != Shape{sizes[0], axes, axes + 1}) {
    c.wrong("maps ", theta.shape(), " for images with ", axes, " axes");
  }
  Index places = 1;
  for (Index axis = 0; axis < axes; ++axis) {
    const Index n = sizes[static_cast<size_t>(axis + 2)];
    if (n < 1 || n > 65536) c.unsupported("an axis of ", n);
    places *= n;
  }
  if (places > (Index{1} << 26)) c.unsupported("a grid of ", places, " places");
  // Rows (x, y, …, 1): the last axis first.
  Array base = Array::uninitialized({{places, axes + 1}, DType::f64});
  for (Index i = 0; i < places; ++i) {
    Index rest = i;
    double* row = base.data<double>() + i * (axes + 1);
    for (Index k = 0; k < axes; ++k) {
      const Index n = sizes[static_cast<size_t>(axes + 1 - k)];
      const auto at = static_cast<double>(rest % n);
      const auto length = static_cast<double>(n);
      row[k] = corners ? (n > 1 ? 2.0 * at / (length - 1.0) - 1.0 : 0.0)
                       : (2.0 * at + 1.0) / length - 1.0;
      rest /= n;
    }
    row[axes] = 1.0;
  }
  const Var grid = matmul(c.tape().constant(base.to(theta.dtype())), swap_axes(theta, 1, 2));
  std::vector<Index> lengths = {sizes[0]};
  lengths.insert(lengths.end(), sizes.begin() + 2, sizes.end());
  lengths.push_back(axes);
  return c.result(reshape(grid, Shape(lengths)));
}

/// Adds patches [N,C·R·S,L] at their places in images [N,C,H,W].
Outputs col_to_im(const Call& c) {
  const Var x = c.in(0);
  const std::vector<Index> image = c.known_wholes(1);
  const std::vector<Index> kernel = c.known_wholes(2);
  if (image.size() != 2 || kernel.size() != 2) c.unsupported("images of other than two axes");
  const Index patch =
      std::clamp<Index>(kernel[0], 1, 65536) * std::clamp<Index>(kernel[1], 1, 65536);
  if (x.rank() != 3 || x.shape()[1] % patch != 0) c.wrong("patches ", x.shape());
  const Index channels = x.shape()[1] / patch;
  const Shape shape{x.shape()[0], channels, image[0], image[1]};
  const Windows windows = windows_of(c, shape, kernel);
  const Index rows = internal::output_length(image[0], kernel[0], windows.axes[0]);
  const Index cols = internal::output_length(image[1], kernel[1], windows.axes[1]);
  // [N,C,R·S,L] to [N,Ho,Wo,R·S·C]
  const Var apart =
      permute(reshape(x, {x.shape()[0], channels, patch, x.shape()[2]}), {0, 3, 2, 1});
  const Var y = scatter_patches(reshape(apart, {x.shape()[0], rows, cols, patch * channels}),
                                {x.shape()[0], image[0], image[1], channels}, windows.kernel_size(),
                                windows.window());
  return c.result(channels_first(y));
}

}  // namespace

std::vector<Operator> sample_operators() {
  return {{"GridSample", grid_sample}, {"AffineGrid", affine_grid}, {"Col2Im", col_to_im}};
}

}  // namespace autonet::exchange
