#pragma once

#include <vector>

#include "ops/op_info.h"

namespace autonet::internal {

// Rows of the op table, a function a file.

std::vector<OpInfo> elementwise_ops();
std::vector<OpInfo> reduce_ops();
std::vector<OpInfo> softmax_ops();
std::vector<OpInfo> normalization_ops();
std::vector<OpInfo> dropout_ops();

}  // namespace autonet::internal
