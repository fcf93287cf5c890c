#include "autonet/ops/normalization.h"

#include <algorithm>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

void check_channels(const char* op, Var x, std::initializer_list<Var> others) {
  for (const Var& v : others) {
    const bool fits = x.rank() >= 1 && v.rank() == 1 && v.shape()[0] == x.shape()[x.rank() - 1];
    if (!fits) {
      throw Error(std::string(op) + ": needs one number for each channel of x " + x.shape().str() +
                  ", got " + v.shape().str());
    }
  }
}

}  // namespace

BatchNorm batch_norm_training(Var x, Var weight, Var bias, double epsilon) {
  check_channels("batch_norm", x, {weight, bias});
  if (x.rank() < 2) {
    throw Error("batch_norm: needs a batch axis before the channels, got x " + x.shape().str());
  }
  std::vector<int> axes(static_cast<size_t>(x.rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  const Var batch_mean = mean(x, axes);
  const Var centred = x - batch_mean;
  const Var variance = mean(centred * centred, axes);
  const Var y = centred * (weight / sqrt(variance + epsilon)) + bias;
  return {y, batch_mean, variance};
}

Var batch_norm(Var x, Var weight, Var bias, Var mean, Var variance, double epsilon) {
  check_channels("batch_norm", x, {weight, bias, mean, variance});
  return (x - mean) * (weight / sqrt(variance + epsilon)) + bias;
}

Var layer_norm(Var x, Var weight, Var bias, double epsilon) {
  check_channels("layer_norm", x, {weight, bias});
  const Var centred = x - mean(x, {-1}, true);
  const Var variance = mean(centred * centred, {-1}, true);
  return centred / sqrt(variance + epsilon) * weight + bias;
}

Var group_norm(Var x, Index groups, Var weight, Var bias, double epsilon) {
  check_channels("group_norm", x, {weight, bias});
  const Index channels = x.shape()[x.rank() - 1];
  if (x.rank() < 2 || groups < 1 || channels % groups != 0) {
    throw Error(
        text::concat("group_norm: needs x [N,...,C] and groups that divide the channels, "
                     "got ",
                     groups, " groups for x ", x.shape()));
  }
  const Index images = x.shape()[0];
  const Index positions = x.shape().size() / std::max<Index>(1, images * channels);
  const Var split = reshape(x, {images, positions, groups, channels / groups});
  const Var centred = split - mean(split, {1, 3}, true);
  const Var variance = mean(centred * centred, {1, 3}, true);
  return reshape(centred / sqrt(variance + epsilon), x.shape()) * weight + bias;
}

Var instance_norm(Var x, Var weight, Var bias, double epsilon) {
  check_channels("instance_norm", x, {weight, bias});
  return group_norm(x, x.shape()[x.rank() - 1], weight, bias, epsilon);
}

namespace internal {

std::vector<OpInfo> normalization_ops() {
  const InputSpec images{{2, 3, 2, 3}, -2, 2};
  const InputSpec each{{3}};
  const InputSpec positive{{3}, 0.5, 2};
  return {
      {"batch_norm",
       "y = (x - mean) / sqrt(variance + epsilon) · weight + bias, each channel",
       {{"training",
         {images, each, each},
         [](auto in) { return batch_norm_training(in[0], in[1], in[2]).y; }},
        {"evaluation",
         {images, each, each, each, positive},
         [](auto in) { return batch_norm(in[0], in[1], in[2], in[3], in[4]); }}}},
      {"layer_norm",
       "y = (x - mean) / sqrt(variance + epsilon) · weight + bias, each position",
       {{"images", {images, each, each}, [](auto in) { return layer_norm(in[0], in[1], in[2]); }}}},
      {"group_norm",
       "y = (x - mean) / sqrt(variance + epsilon) · weight + bias, each image and group of "
       "channels",
       {{"2 groups of 2",
         {{{2, 3, 2, 4}, -2, 2}, {{4}}, {{4}}},
         [](auto in) { return group_norm(in[0], 2, in[1], in[2]); }}}},
      {"instance_norm",
       "y = (x - mean) / sqrt(variance + epsilon) · weight + bias, each image and channel",
       {{"images",
         {images, each, each},
         [](auto in) { return instance_norm(in[0], in[1], in[2]); }}}},
  };
}

}  // namespace internal
}  // namespace autonet
