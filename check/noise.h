#pragma once

#include "check/difference.h"

namespace autonet {

/// The standard deviation of the rounding in phi's values near 0, which can be far more than the
/// last place of the value: a loss of 1e-8 may be what is left of sums of size 1. Measured: it is
/// what a cubic through values close by leaves, as a smooth function leaves nothing there; at the
/// smallest scale at which phi moves, the likely noise, and at larger ones up to `step`, the most.
/// 0 where phi's values are all the same. After J. Moré, S. Wild, "Estimating computational noise",
/// SIAM J. Sci. Comput. 33, 2011, who take differences of high order for it.
Noise noise_of(const Probing& phi, double step);

}  // namespace autonet
