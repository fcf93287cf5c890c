#pragma once

#include "check/difference.h"

namespace autonet::internal {

/// The standard deviation of the rounding in phi's values near 0. It can be far more than the last
/// place of the value: a loss of 1e-8 may be the difference of sums of size 1. Measured as what
/// remains after a cubic is fitted to values close by, as a smooth function leaves nothing there.
/// The smallest scale at which phi moves gives the likely noise; larger ones, up to `step`, the
/// most. 0 where phi's values are all the same. After J. Moré, S. Wild, "Estimating computational
/// noise", SIAM J. Sci. Comput. 33, 2011, who use differences of high order.
Noise noise_of(const Probing& phi, double step);

}  // namespace autonet::internal
