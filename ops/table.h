#pragma once

#include "autonet/ops/op_info.h"

namespace autonet {

/// Every op that can be recorded, with its test cases: the one list that the gradient tests,
/// check-grad, the model builder and the reference pages read.
std::vector<OpInfo> op_table();

}  // namespace autonet
