// Images of another size. Each axis is multiplied by a matrix that says how much of each old pixel
// is in each new one, so that every kind of interpolation has its gradient.
#include <algorithm>
#include <cmath>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// How an axis is resized.
struct Axis {
  Index from = 0;
  Index to = 0;
  double scale = 1.0;
  double start = 0.0;  // region of interest, as fractions of the axis
  double end = 1.0;
};

struct Kind {
  std::string mode = "nearest";
  std::string coordinates = "half_pixel";
  std::string nearest = "round_prefer_floor";
  double cubic = -0.75;
  double outside = 0.0;
  bool exclude_outside = false;
  bool antialias = false;
};

/// The place between the old pixels at which new pixel i lies.
double place_of(const Call& c, const Kind& kind, const Axis& axis, Index i) {
  const auto x = static_cast<double>(i);
  const auto from = static_cast<double>(axis.from);
  const double to = from * axis.scale;  // before it was rounded down to a whole number
  if (kind.coordinates == "half_pixel") return (x + 0.5) / axis.scale - 0.5;
  if (kind.coordinates == "asymmetric") return x / axis.scale;
  if (kind.coordinates == "pytorch_half_pixel")
    return axis.to > 1 ? (x + 0.5) / axis.scale - 0.5 : 0.0;
  if (kind.coordinates == "align_corners") return axis.to > 1 ? x * (from - 1.0) / (to - 1.0) : 0.0;
  if (kind.coordinates == "half_pixel_symmetric") {
    const double adjusted = static_cast<double>(axis.to) / to;
    const double center = from / 2.0;
    return center * (1.0 - adjusted) + (x + 0.5) / axis.scale - 0.5;
  }
  if (kind.coordinates == "tf_crop_and_resize") {
    if (axis.to > 1) {
      return axis.start * (from - 1.0) + x * (axis.end - axis.start) * (from - 1.0) / (to - 1.0);
    }
    return 0.5 * (axis.start + axis.end) * (from - 1.0);
  }
  c.unsupported("coordinate_transformation_mode ", kind.coordinates);
}

double nearest_to(const Call& c, const Kind& kind, double x) {
  if (kind.nearest == "round_prefer_floor") return std::ceil(x - 0.5);
  if (kind.nearest == "round_prefer_ceil") return std::floor(x + 0.5);
  if (kind.nearest == "floor") return std::floor(x);
  if (kind.nearest == "ceil") return std::ceil(x);
  c.wrong("nearest_mode is ", kind.nearest);
}

/// The weight of a pixel at this distance.
double kernel(const Kind& kind, double distance) {
  const double d = std::abs(distance);
  if (kind.mode == "linear") return std::max(0.0, 1.0 - d);
  const double a = kind.cubic;
  if (d <= 1.0) return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  if (d < 2.0) return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
  return 0.0;
}

/// The matrix [to,from] of one axis.
Array matrix_of(const Call& c, const Kind& kind, const Axis& axis) {
  if (axis.from * axis.to > (Index{1} << 26)) {
    c.unsupported("an axis of ", axis.from, " resized to ", axis.to);
  }
  Array matrix = Array::zeros({{axis.to, axis.from}, DType::f64});
  const bool crops = kind.coordinates == "tf_crop_and_resize";
  const double last = static_cast<double>(axis.from) - 1.0;
  for (Index i = 0; i < axis.to; ++i) {
    const double x = place_of(c, kind, axis, i);
    if (!(std::abs(x) < 1e15)) c.wrong("a new pixel lies at ", x);
    double* row = matrix.data<double>() + i * axis.from;
    if (crops && (x < 0.0 || x > last)) continue;
    if (kind.mode == "nearest") {
      row[static_cast<Index>(std::clamp(nearest_to(c, kind, x), 0.0, last))] = 1.0;
      continue;
    }
    // When an image is made smaller with antialias, the kernel is as much wider.
    const double wide = kind.antialias ? std::max(1.0, 1.0 / axis.scale) : 1.0;
    const double reach = (kind.mode == "linear" ? 1.0 : 2.0) * wide;
    double total = 0.0;
    const auto low = static_cast<Index>(std::floor(x - reach)) + (kind.antialias ? 0 : 1);
    const auto high = static_cast<Index>(std::floor(x + reach));
    for (Index k = low; k <= high; ++k) {
      const bool outside = k < 0 || k >= axis.from;
      if (outside && (kind.exclude_outside)) continue;
      const double weight = kernel(kind, (static_cast<double>(k) - x) / wide);
      row[std::clamp<Index>(k, 0, axis.from - 1)] += weight;
      total += weight;
    }
    if (kind.exclude_outside || kind.antialias) {
      for (Index k = 0; k < axis.from; ++k) row[k] /= total;
    }
  }
  return matrix;
}

/// Adds to a matrix what new pixels outside the region of interest are.
Var resized(const Call& c, const Kind& kind, Var x, int axis, const Axis& sizes) {
  const Var matrix = c.tape().constant(matrix_of(c, kind, sizes).to(x.dtype()));
  const int last = x.rank() - 1;
  const Var front = swap_axes(x, axis, last);
  return swap_axes(matmul(front, swap_axes(matrix, 0, 1)), axis, last);
}

/// 1 along an axis where the new pixel lies inside the old image.
Array inside(const Call& c, const Kind& kind, const Axis& axis) {
  return array_from(axis.to, [&](Index i) {
    const double x = place_of(c, kind, axis, i);
    return x >= 0.0 && x <= static_cast<double>(axis.from) - 1.0 ? 1 : 0;
  });
}

Var resize_all(const Call& c, const Kind& kind, Var x, const std::vector<Axis>& axes) {
  if (kind.mode != "nearest" && kind.mode != "linear" && kind.mode != "cubic") {
    c.wrong("mode is ", kind.mode);
  }
  Var y = x;
  Var mask = filled(c.tape(), {{}, x.dtype()}, 1.0);
  const bool crops = kind.coordinates == "tf_crop_and_resize";
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Axis& sizes = axes[static_cast<size_t>(axis)];
    if (sizes.from == sizes.to && sizes.scale == 1.0 && !crops) continue;
    if (sizes.from < 1) c.unsupported("resizing an axis without elements");
    y = resized(c, kind, y, axis, sizes);
    if (crops) {
      std::vector<Index> stretched(static_cast<size_t>(x.rank()), 1);
      stretched[static_cast<size_t>(axis)] = sizes.to;
      const Array one = inside(c, kind, sizes).to(x.dtype()).reshape(Shape(stretched));
      mask = mask * c.tape().constant(one);
    }
  }
  return crops ? y * mask + kind.outside * (1.0 - mask) : y;
}

/// The length of a resized axis. The double result of rounding a float32 scale is cut just as in
/// the definition: floor(length · scale).
Index scaled(const Call& c, Index length, double scale) {
  const double exact = static_cast<double>(length) * scale;
  if (!(exact < 1e12)) c.unsupported("an axis of ", exact);
  return static_cast<Index>(std::floor(exact));
}

std::vector<int> resized_axes(const Call& c, int rank) {
  std::vector<int> axes;
  if (const auto given = c.wholes("axes")) {
    for (const Index axis : *given) axes.push_back(axis_of(c, axis, rank));
  } else {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  return axes;
}

/// Sets the lengths from input `sizes_at` or the scales from input `scales_at`.
void set_sizes(const Call& c, std::vector<Axis>& axes, size_t scales_at, size_t sizes_at) {
  const std::vector<int> named = resized_axes(c, static_cast<int>(axes.size()));
  const bool sized = c.has(sizes_at) && c.in(sizes_at).shape().size() > 0;
  const std::string policy = c.text("keep_aspect_ratio_policy", "stretch");
  const std::vector<double> numbers = c.known(sized ? sizes_at : scales_at).to_vector();
  if (numbers.size() != named.size()) c.wrong(numbers.size(), " sizes for ", named.size(), " axes");
  double common = policy == "not_larger" ? std::numeric_limits<double>::infinity() : 0.0;
  for (size_t i = 0; sized && i < named.size(); ++i) {
    const double ratio = numbers[i] / static_cast<double>(axes[static_cast<size_t>(named[i])].from);
    common = policy == "not_larger" ? std::min(common, ratio) : std::max(common, ratio);
  }
  for (size_t i = 0; i < named.size(); ++i) {
    Axis& axis = axes[static_cast<size_t>(named[i])];
    const auto from = static_cast<double>(axis.from);
    if (axis.from < 1) c.unsupported("an axis of length 0");
    if (!(numbers[i] > 0.0 && numbers[i] < 1e9)) c.wrong("a size or scale is ", numbers[i]);
    if (!sized) {
      axis.scale = numbers[i];
      axis.to = scaled(c, axis.from, numbers[i]);
    } else if (policy == "stretch") {
      axis.to = static_cast<Index>(numbers[i]);
      axis.scale = static_cast<double>(axis.to) / from;
    } else {
      axis.scale = common;
      axis.to = scaled(c, axis.from, common + 0.5 / from);
    }
    if (axis.to < 1) c.unsupported("an axis of length 0");
  }
}

std::vector<Axis> axes_like(const Shape& shape) {
  std::vector<Axis> axes;
  for (const Index length : shape.lengths()) axes.push_back({.from = length, .to = length});
  return axes;
}

Outputs resize_of(const Call& c) {
  const Var x = c.in(0);
  Kind kind{.mode = c.text("mode", "nearest"),
            .coordinates = c.text("coordinate_transformation_mode", "half_pixel"),
            .nearest = c.text("nearest_mode", "round_prefer_floor"),
            .cubic = c.number("cubic_coeff_a", -0.75),
            .outside = c.number("extrapolation_value", 0.0),
            .exclude_outside = c.whole("exclude_outside", 0) != 0,
            .antialias = c.whole("antialias", 0) != 0};
  std::vector<Axis> axes = axes_like(x.shape());
  if (c.opset() < 11) {  // as Upsample
    kind.coordinates = "asymmetric";
    kind.nearest = "floor";
    set_sizes(c, axes, 1, 9);
    return c.result(resize_all(c, kind, x, axes));
  }
  set_sizes(c, axes, 2, 3);
  if (kind.coordinates == "tf_crop_and_resize") {
    const std::vector<double> region = c.known(1).to_vector();
    const std::vector<int> named = resized_axes(c, x.rank());
    if (region.size() != 2 * named.size()) c.wrong("roi has ", region.size(), " numbers");
    for (size_t i = 0; i < named.size(); ++i) {
      axes[static_cast<size_t>(named[i])].start = region[i];
      axes[static_cast<size_t>(named[i])].end = region[i + named.size()];
    }
  }
  return c.result(resize_all(c, kind, x, axes));
}

Outputs upsample_of(const Call& c) {
  std::vector<Axis> axes = axes_like(c.in(0).shape());
  const Kind kind{
      .mode = c.text("mode", "nearest"), .coordinates = "asymmetric", .nearest = "floor"};
  std::vector<double> scales = c.numbers("scales");
  if (scales.empty()) scales = c.known(1).to_vector();
  if (scales.size() != axes.size()) c.wrong(scales.size(), " scales for ", c.in(0).shape());
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!(scales[i] >= 1.0 && scales[i] < 1e6)) c.wrong("a scale is ", scales[i]);
    axes[i].scale = scales[i];
    axes[i].to = scaled(c, axes[i].from, scales[i]);
  }
  return c.result(resize_all(c, kind, c.in(0), axes));
}

}  // namespace

std::vector<Operator> resize_operators() {
  return {{"Resize", resize_of}, {"Upsample", upsample_of}};
}

}  // namespace autonet::exchange
