#pragma once

#include <optional>
#include <span>

#include "autonet/autograd/context.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// The fraction of a moving average that step t (from 1) keeps: `keep`, but at most
/// (1 + t) / (10 + t), so that the first weights are forgotten soon.
double kept_fraction(double keep, Index t);

/// Moves the average towards the weights, parameters and states alike:
/// average = kept average + (1 - kept) weights. All arrays are contiguous.
void move_average(Context& context, const Weights& weights, double kept, Weights& average);

/// The root of the sum of all squares, in f64 and the same for any number of threads; the arrays
/// may be strided views.
double norm_of(Context& context, std::span<const Array> arrays);

/// What gradients are multiplied by so that their norm is at most `limit`: 1 if it is, or without a
/// limit.
double clip_factor(Context& context, std::span<const Array> gradients, std::optional<double> limit);

}  // namespace autonet::internal
