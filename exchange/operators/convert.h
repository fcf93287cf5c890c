#pragma once

#include "exchange/call.h"

namespace autonet::exchange {

/// x as numbers of another type.
std::vector<Tensor> converted(const Call& c, const Tensor& x, Element to);

}  // namespace autonet::exchange
