#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "autonet/autograd/op.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/window.h"
#include "ops/cpu/reduce.h"

namespace autonet::internal {

// What an op is, for the rows of fusion.cc, checks of gradients and reports. Each function is in
// the op's own file and gives nothing for another op.

/// The attributes of a convolution.
struct ConvCall {
  Window window;
  Conv2DOptions options;
};
/// The attributes of a pooling.
struct PoolCall {
  KernelSize kernel;
  Window window;
};
using PatchCall = PoolCall;
std::optional<ConvCall> as_conv2d(const Op& op);
bool is_matmul(const Op& op);
/// True for the convolution that is the gradient of a kernel, a sum over the images of a batch,
/// which lie along axis 3 of x and axis 2 of w: forward() makes it leaf by leaf. It follows from
/// the layout of x.
bool sums_over_images(std::span<const Array> inputs, const Window& window, const Shape& y);
std::optional<PatchCall> as_gather_patches(const Op& op);
std::optional<PatchCall> as_scatter_patches(const Op& op);
/// The axes of a pad(); null for another op.
const std::vector<AxisPad>* as_pad(const Op& op);
std::optional<PoolCall> as_max_pool2d(const Op& op);
std::optional<PoolCall> as_pool_spread(const Op& op);

/// The attributes of a dropout mask: what it draws depends on the key and on the step.
struct MaskCall {
  double rate = 0.0;
  std::uint64_t key = 0;
};
std::optional<MaskCall> as_dropout_mask(const Op& op);

/// The routine that computes a call on arrays of these layouts ("winograd"), for ops that have
/// several; else empty.
std::string_view routine_of(const Op& op, std::span<const Array> inputs, const ArrayType& y);

/// The attributes of `op` if it is a T.
template <typename T>
auto call_of(const Op& op) {
  const auto* found = dynamic_cast<const T*>(&op);
  return found == nullptr ? std::nullopt : std::optional(found->call());
}

/// The axes that a sum is taken over; null for another op.
const cpu::AxisMask* as_sum(const Op& op);

}  // namespace autonet::internal
