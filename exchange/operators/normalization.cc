// Normalizations.
#include "autonet/ops/normalization.h"

#include <cmath>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// (x - mean) / sqrt(variance + epsilon) over these axes.
struct Normalized {
  Var y;
  Var mean;
  Var inverse_deviation;
};

Normalized normalized(Var x, const std::vector<int>& axes, double epsilon) {
  const Var center = mean(x, axes, true);
  const Var centered = x - center;
  const Var inverse = 1.0 / sqrt(mean(centered * centered, axes, true) + epsilon);
  return {centered * inverse, center, inverse};
}

std::vector<int> axes_from(int first, int rank) {
  std::vector<int> axes;
  for (int axis = first; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

Outputs batch_norm_of(const Call& c) {
  const Var x = c.in(0);
  const double epsilon = c.number("epsilon", 1e-5);
  const double momentum = c.number("momentum", 0.9);
  c.ignore("is_test");
  c.ignore("consumed_inputs");
  if (c.whole("spatial", 1) == 0) c.unsupported("spatial = 0");
  const bool training = c.whole("training_mode", 0) != 0;
  const Var weight = per_channel(c.in(1), x.rank());
  const Var bias = per_channel(c.in(2), x.rank());
  const auto channel = [&](Var v) { return per_channel(cast(v, x.dtype()), x.rank()); };
  if (!training) {
    if (c.wants(1)) c.unsupported("statistics of a training step without training_mode");
    const Var scale = weight / sqrt(channel(c.in(4)) + epsilon);
    return c.result((x - channel(c.in(3))) * scale + bias);
  }
  std::vector<int> axes = {0};
  for (int axis = 2; axis < x.rank(); ++axis) axes.push_back(axis);
  const Normalized n = normalized(x, axes, epsilon);
  const Index channels = c.in(3).shape().size();
  const auto blend = [&](Var running, Var now) {
    return running * momentum + cast(reshape(now, {channels}), running.dtype()) * (1.0 - momentum);
  };
  return {{n.y * weight + bias, c.type(0), {}},
          {blend(c.in(3), n.mean), c.type(3), {}},
          {blend(c.in(4), variance(x, axes, true)), c.type(4), {}}};
}

Outputs instance_norm_of(const Call& c) {
  c.ignore("consumed_inputs");
  const Var x = c.in(0);
  const Normalized n = normalized(x, axes_from(2, x.rank()), c.number("epsilon", 1e-5));
  return c.result(n.y * per_channel(c.in(1), x.rank()) + per_channel(c.in(2), x.rank()));
}

Outputs layer_norm_of(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", -1), x.rank());
  (void)c.whole("stash_type", 1);  // the statistics are computed in x's own precision
  const Normalized n = normalized(x, axes_from(axis, x.rank()), c.number("epsilon", 1e-5));
  Var y = n.y * c.in(1);
  if (c.has(2)) y = y + c.in(2);
  Outputs outputs = c.result(y);
  outputs.push_back({n.mean, c.type(0), {}});
  outputs.push_back({n.inverse_deviation, c.type(0), {}});
  return outputs;
}

Outputs rms_norm_of(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", -1), x.rank());
  (void)c.whole("stash_type", 1);
  const Var square = mean(x * x, axes_from(axis, x.rank()), true);
  return c.result(x / sqrt(square + c.number("epsilon", 1e-5)) * c.in(1));
}

/// From version 21 on there is a scale for each channel, before for each group.
Outputs group_norm_of(const Call& c) {
  const Var x = c.in(0);
  const Index groups = c.whole("num_groups", 0);
  (void)c.whole("stash_type", 1);
  if (x.rank() < 3 || groups < 1 || x.shape()[1] % groups != 0) {
    c.wrong(groups, " groups of ", x.shape());
  }
  const Index n = x.shape()[0];
  const Index in_group = x.shape()[1] / groups;
  const Index pixels = n * x.shape()[1] == 0 ? 0 : x.shape().size() / (n * x.shape()[1]);
  const Var apart = reshape(x, {n, groups, in_group * pixels});
  const Normalized y = normalized(apart, {2}, c.number("epsilon", 1e-5));
  const auto each = [&](Var v) {
    if (v.shape().size() == groups && c.opset() < 21) return reshape(v, {groups, 1, 1});
    return reshape(v, {groups, in_group, 1});
  };
  const Var z = reshape(y.y, {n, groups, in_group, pixels}) * each(c.in(1)) + each(c.in(2));
  return c.result(reshape(z, x.shape()));
}

Outputs mean_variance_norm(const Call& c) {
  const Var x = c.in(0);
  const auto given = c.wholes("axes");
  const std::vector<int> axes = axes_of(c, given.value_or(std::vector<Index>{0, 2, 3}), x.rank());
  const Var centered = x - mean(x, axes, true);
  return c.result(centered / (sqrt(mean(centered * centered, axes, true)) + 1e-9));
}

Outputs lp_norm(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", -1), x.rank());
  const Index p = c.whole("p", 2);
  if (p != 1 && p != 2) c.wrong("p is ", p, ", not 1 or 2");
  const Var length = p == 1 ? sum(abs(x), {axis}, true) : norm(x, {axis}, true);
  // An array of zeros stays one.
  return c.result(where(equal(length, 0.0), x * 0.0, x / length));
}

/// Divides by a power of the sum of squares over neighbouring channels.
Outputs local_response(const Call& c) {
  const Var x = c.in(0);
  const Index size = c.whole("size", 0);
  const Index channels = x.shape()[1];
  if (size < 1) c.wrong("size is ", size);
  const Index before = std::min((size - 1) / 2, channels);
  const Index behind = std::min(size - 1 - (size - 1) / 2, channels);
  std::vector<AxisPad> margins(static_cast<size_t>(x.rank()));
  margins[1] = {.lo = before, .hi = behind};
  const Var squares = pad(x * x, margins);
  Var total = slice(squares, 1, 0, channels);
  for (Index k = 1; k <= before + behind; ++k) total = total + slice(squares, 1, k, channels);
  const double alpha = c.number("alpha", 1e-4) / static_cast<double>(size);
  return c.result(x / pow(alpha * total + c.number("bias", 1.0), c.number("beta", 0.75)));
}

/// Nothing where a graph is not trained. In training, numbers are dropped at random, which is
/// supported for a rate of 0 only.
Outputs dropout_of(const Call& c) {
  c.ignore("seed");
  c.ignore("is_test");
  c.ignore("consumed_inputs");
  const double fallback = c.number("ratio", 0.5);
  const bool training = c.has(2) && c.known(2).item() != 0.0;
  const double rate = c.has(1) ? c.known(1).item() : fallback;
  if (training && rate != 0.0) c.unsupported("training: which numbers are dropped is up to chance");
  const Element mask = c.opset() < 10 ? c.type(0) : Element::boolean;
  Outputs outputs = c.result(c.in(0));
  outputs.push_back({filled(c.tape(), {c.in(0).shape(), dtype_of(mask)}, 1.0), mask, {}});
  return outputs;
}

}  // namespace

std::vector<Operator> normalization_operators() {
  return {{"BatchNormalization", batch_norm_of},
          {"InstanceNormalization", instance_norm_of},
          {"LayerNormalization", layer_norm_of},
          {"RMSNormalization", rms_norm_of},
          {"GroupNormalization", group_norm_of},
          {"MeanVarianceNormalization", mean_variance_norm},
          {"LpNormalization", lp_norm},
          {"LRN", local_response},
          {"Dropout", dropout_of}};
}

}  // namespace autonet::exchange
