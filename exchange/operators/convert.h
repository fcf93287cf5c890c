#pragma once

#include "exchange/call.h"

namespace autonet::exchange {

/// x as numbers of another type. See wrapped() for `saturate`.
std::vector<Tensor> converted(const Call& c, const Tensor& x, Element to, bool saturate = true);

}  // namespace autonet::exchange
