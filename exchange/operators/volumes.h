#pragma once

#include "exchange/operators/windows.h"

namespace autonet::exchange {

// Windows along three axes, made of windows along one and two.

/// A convolution: x [N,C,D,H,W] with w [K,C/groups,T,R,S] gives [N,Do,Ho,Wo,K], without a bias.
Var volume_convolution(Var x, Var w, const Windows& windows, Index groups);

/// The largest number of each window of x [N,C,D,H,W]: [N,C,Do,Ho,Wo].
Var volume_max(Var x, const Windows& windows);

/// The mean of each window of x [N,C,…] along one to three axes. Positions outside x are left out
/// of it; with `count_padding` those of the pads count as zeros. `partial` windows at the end are
/// added (ceil_mode).
Var window_mean(Var x, const Windows& windows, bool count_padding, bool partial);

/// The windows with those that ceil_mode adds, for x [N,C,…].
Windows with_partial(const Windows& windows, const Shape& x);

}  // namespace autonet::exchange
