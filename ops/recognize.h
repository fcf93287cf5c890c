#pragma once

#include <optional>

#include "autograd/op.h"
#include "ops/conv2d.h"
#include "ops/cpu/elementwise.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/reduce.h"
#include "ops/window.h"

namespace autonet {

// What the rows of fusion.cc, and checks of gradients, ask of an op that they meet; each is
// answered in the op's own file, and with nothing if the op is another.

struct ConvCall {
  Window window;
  Conv2DOptions options;
};
struct PoolCall {
  cpu::KernelSize kernel;
  Window window;
};
using PatchCall = PoolCall;
template <typename Function>
struct MapCall {
  Function function;
  double c = 0.0;
};

std::optional<ConvCall> as_conv2d(const Op& op);
bool is_matmul(const Op& op);
std::optional<PatchCall> as_gather_patches(const Op& op);
std::optional<PoolCall> as_max_pool2d(const Op& op);
std::optional<PoolCall> as_pool_spread(const Op& op);
std::optional<MapCall<cpu::Unary>> as_unary(const Op& op);
std::optional<MapCall<cpu::Binary>> as_binary(const Op& op);
/// The axes that a sum is taken over.
const cpu::AxisMask* as_sum(const Op& op);

}  // namespace autonet
