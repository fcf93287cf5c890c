// The same numbers in another order: transposed, joined, cut, repeated, padded.
#include <algorithm>
#include <numeric>

#include "autonet/ops/compare.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

Outputs transpose_of(const Call& c) {
  const Var x = c.in(0);
  std::vector<int> axes;
  if (const auto given = c.wholes("perm")) {
    for (const Index axis : *given) axes.push_back(axis_of(c, axis, x.rank()));
  } else {
    for (int axis = x.rank() - 1; axis >= 0; --axis) axes.push_back(axis);
  }
  return c.result(permute(x, axes));
}

Outputs concat_of(const Call& c) {
  std::vector<Var> parts;
  for (size_t i = 0; i < c.inputs(); ++i) parts.push_back(c.in(i));
  return c.result(concat(parts, axis_of(c, c.whole("axis", 1), c.in(0).rank())));
}

/// Parts of given lengths, or of equal ones, of which the last may be shorter.
Outputs split_of(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", 0), x.rank());
  const Index length = x.shape()[axis];
  auto lengths = c.wholes("split", 1);
  if (!lengths) {
    const Index parts = c.whole("num_outputs", static_cast<Index>(c.outputs()));
    if (parts < 1 || parts > std::ssize(c.node().output)) c.wrong("it has ", parts, " parts");
    const Index each = (length + parts - 1) / parts;
    lengths.emplace();
    for (Index i = 0; i < parts; ++i)
      lengths->push_back(std::clamp<Index>(length - i * each, 0, each));
  }
  Outputs outputs;
  for (const Var part : split(x, *lengths, axis)) outputs.push_back({part, c.type(0), {}});
  return outputs;
}

/// x[start : end : step] along one axis, with Python's rules.
Var sliced(const Call& c, Var x, int axis, Index start, Index end, Index step) {
  const Index n = x.shape()[axis];
  if (step == 0) c.wrong("the step of a slice is 0");
  const Index low = step > 0 ? 0 : -1;
  const Index high = step > 0 ? n : n - 1;
  start = std::clamp(start < 0 ? start + n : start, low, high);
  end = std::clamp(end < 0 ? end + n : end, low, high);
  const Index distance = step > 0 ? end - start : start - end;
  const Index stride = step > 0 ? step : -step;
  const Index count = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  if (count == 0) return slice(x, axis, 0, 0);
  if (step > 0) return slice(x, axis, start, count, count == 1 ? 1 : stride);
  return slice(flip(x, {axis}), axis, n - 1 - start, count, count == 1 ? 1 : stride);
}

Outputs slice_of(const Call& c) {
  Var x = c.in(0);
  const auto starts = c.wholes("starts", 1);
  const auto ends = c.wholes("ends", 2);
  if (!starts || !ends) c.wrong("starts or ends are missing");
  auto axes = c.wholes("axes", 3);
  if (!axes) {
    axes.emplace(starts->size());
    std::iota(axes->begin(), axes->end(), Index{0});
  }
  const std::vector<Index> steps =
      c.has(4) ? c.known_wholes(4) : std::vector<Index>(starts->size(), 1);
  if (ends->size() != starts->size() || axes->size() != starts->size() ||
      steps.size() != starts->size()) {
    c.wrong("starts, ends, axes and steps have different lengths");
  }
  for (size_t i = 0; i < starts->size(); ++i) {
    x = sliced(c, x, axis_of(c, (*axes)[i], x.rank()), (*starts)[i], (*ends)[i], steps[i]);
  }
  return c.result(x);
}

Outputs tile_of(const Call& c) {
  if (c.opset() < 6) c.unsupported("version ", c.opset(), " of this operator");
  const std::vector<Index> repeats = c.known_wholes(1);
  if (std::ranges::any_of(repeats, [](Index n) { return n < 1; })) {
    c.unsupported("fewer than one copy");
  }
  return c.result(tile(c.in(0), repeats));
}

/// The places in [0, n) that the positions -lo … n + hi - 1 of an extended axis show.
std::vector<Index> extended(const Call& c, const std::string& mode, Index n, Index lo, Index hi) {
  if (n < 1) c.wrong("an axis without elements cannot be extended");
  if (std::max(lo, hi) > (Index{1} << 24)) c.unsupported("margins of ", lo, " and ", hi);
  std::vector<Index> places;
  const Index period = mode == "reflect" ? std::max<Index>(1, 2 * (n - 1)) : n;
  for (Index i = -lo; i < n + hi; ++i) {
    Index at = ((i % period) + period) % period;
    if (mode == "reflect" && at >= n) at = period - at;
    if (mode == "edge") at = std::clamp<Index>(i, 0, n - 1);
    places.push_back(at);
  }
  return places;
}

Outputs pad_of(const Call& c) {
  Var x = c.in(0);
  const std::string mode = c.text("mode", "constant");
  const auto given = c.opset() < 2 ? c.wholes("paddings") : c.wholes("pads", 1);
  if (!given) c.wrong("the pads are missing");
  std::vector<int> axes(static_cast<size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  if (c.has(3)) {
    axes.clear();
    for (const Index axis : c.known_wholes(3)) axes.push_back(axis_of(c, axis, x.rank()));
  }
  if (given->size() != 2 * axes.size()) c.wrong("the pads are not two for each axis");
  std::vector<AxisPad> margins(static_cast<size_t>(x.rank()));
  for (size_t i = 0; i < axes.size(); ++i) {
    margins[static_cast<size_t>(axes[i])] = {.lo = (*given)[i], .hi = (*given)[i + axes.size()]};
  }
  if (mode == "constant") {
    const double value = c.has(2) ? c.known(2).item() : c.number("value", 0.0);
    const Var y = pad(x, margins);
    if (value == 0.0) return c.result(y);
    const Var inside = pad(filled(c.tape(), x.type(), 1.0), margins);
    return c.result(where(inside, y, filled(c.tape(), {{}, x.dtype()}, value)));
  }
  if (mode != "reflect" && mode != "edge" && mode != "wrap") c.unsupported("mode ", mode);
  (void)c.number("value", 0.0);
  for (int axis = 0; axis < x.rank(); ++axis) {
    const AxisPad& margin = margins[static_cast<size_t>(axis)];
    if (margin.lo == 0 && margin.hi == 0) continue;
    x = take(x, axis, extended(c, mode, x.shape()[axis], margin.lo, margin.hi));
  }
  return c.result(x);
}

/// Parts of the channels become rows and columns of blocks.
Outputs depth_to_space(const Call& c) {
  const Var x = c.in(0);
  const Index b = c.whole("blocksize", 0);
  const std::string mode = c.text("mode", "DCR");
  if (x.rank() != 4 || b < 1 || b > 65536 || x.shape()[1] % (b * b) != 0) {
    c.wrong("blocks of ", b, " do not fit ", x.shape());
  }
  const Index n = x.shape()[0];
  const Index k = x.shape()[1] / (b * b);
  const Index h = x.shape()[2];
  const Index w = x.shape()[3];
  const Var y = mode == "CRD" ? permute(reshape(x, {n, k, b, b, h, w}), {0, 1, 4, 2, 5, 3})
                              : permute(reshape(x, {n, b, b, k, h, w}), {0, 3, 4, 1, 5, 2});
  return c.result(reshape(y, {n, k, h * b, w * b}));
}

Outputs space_to_depth(const Call& c) {
  const Var x = c.in(0);
  const Index b = c.whole("blocksize", 0);
  if (x.rank() != 4 || b < 1 || b > 65536 || x.shape()[2] % b != 0 || x.shape()[3] % b != 0) {
    c.wrong("blocks of ", b, " do not fit ", x.shape());
  }
  const Index n = x.shape()[0];
  const Index k = x.shape()[1];
  const Index h = x.shape()[2] / b;
  const Index w = x.shape()[3] / b;
  const Var y = permute(reshape(x, {n, k, h, b, w, b}), {0, 3, 5, 1, 2, 4});
  return c.result(reshape(y, {n, k * b * b, h, w}));
}

/// Reverses the first lengths[n] steps of each sequence n.
Outputs reverse_sequence(const Call& c) {
  const Var x = c.in(0);
  const int batch = axis_of(c, c.whole("batch_axis", 1), x.rank());
  const int time = axis_of(c, c.whole("time_axis", 0), x.rank());
  const std::vector<Index> lengths = c.known_wholes(1);
  if (batch == time || std::ssize(lengths) != x.shape()[batch])
    c.wrong("axes or lengths are wrong");
  std::vector<Var> parts;
  for (Index n = 0; n < std::ssize(lengths); ++n) {
    const Index length = lengths[static_cast<size_t>(n)];
    const Index steps = x.shape()[time];
    if (length < 0 || length > steps) c.wrong("a sequence of ", length, " in ", steps, " steps");
    const Var one = slice(x, batch, n, 1);
    parts.push_back(concat(
        {flip(slice(one, time, 0, length), {time}), slice(one, time, length, steps - length)},
        time));
  }
  return c.result(concat(parts, batch));
}

}  // namespace

std::vector<Operator> arrange_operators() {
  return {{"Transpose", transpose_of},
          {"Concat", concat_of},
          {"Split", split_of},
          {"Slice", slice_of},
          {"Tile", tile_of},
          {"Pad", pad_of},
          {"DepthToSpace", depth_to_space},
          {"SpaceToDepth", space_to_depth},
          {"ReverseSequence", reverse_sequence}};
}

}  // namespace autonet::exchange
