#pragma once

#include <span>

#include "autonet/models/settings.h"
#include "autonet/train/fit_observer.h"

namespace autonet::internal {

/// The learning rate of one step. `step` counts from 0 over a run of `epochs` epochs, each of
/// `steps_per_epoch` steps. Depends on nothing else, so that a resumed run needs no state for it.
///
/// With u in [0, 1) the part of the run that is done:
///   constant   base
///   plateau    base, to be multiplied by plateau_factor()
///   step       base · factor^floor(epoch / step_epochs)
///   cosine     base · (f + (1 - f) (1 + cos(pi u)) / 2), f = final_fraction (arXiv:1608.03983)
///   one_cycle  from base · start_fraction up to base at u = peak_at, then down to
///              base · start_fraction / 1e4, along half cosines (arXiv:1708.07120)
/// During the warm-up this is multiplied by (step + 1) / (warmup_epochs · steps_per_epoch), until
/// that reaches 1.
double learning_rate(const ScheduleSettings& schedule, double base, Index step,
                     Index steps_per_epoch, Index epochs);

/// What the rate is multiplied by after these epochs of a run: factor^n, where n counts the times
/// that `patience` epochs have passed since the best loss or the last change, without a better one.
/// The loss is that of validation, or of training where nothing is held out. 1 for any other
/// schedule. A checkpoint keeps the epochs, so that a resumed run needs no other state for it.
double plateau_factor(const ScheduleSettings& schedule, std::span<const EpochReport> epochs);

}  // namespace autonet::internal
