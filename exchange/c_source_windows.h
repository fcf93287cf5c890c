#pragma once

#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/tape.h"
#include "ops/recognize.h"

namespace autonet::internal {

// What calls are, for C: the attributes of views and windows.

/// The axes of x in the order in which a permutation takes them; y is its output.
std::vector<int> axes_of_permutation(const Op& permute, const ArrayType& y);
/// The axes that a flip of x reverses.
std::vector<int> flipped_axes(const Op& flip, const ArrayType& x);

/// The elements first, first + every, … of one axis.
struct SliceCall {
  int axis = 0;
  Index first = 0, length = 0, every = 1;
};
SliceCall slice_call(const Op& slice, const ArrayType& x);

/// The attributes of a pooling or of patches.
std::optional<PoolCall> pooling_of(const Op& op);

/// True for a convolution in one group without strides and dilations.
bool is_plain(const Window& window);
/// A window as a C literal.
std::string window_text(const KernelSize& kernel, const Window& window);
/// "y = convolve(x, flip(w), p), p = 1": which of the three rules a convolution is.
std::string convolution_rule(const Node& node, const Tape& tape, const ConvCall& call);

}  // namespace autonet::internal
