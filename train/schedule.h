#pragma once

#include "autonet/models/settings.h"

namespace autonet::internal {

/// The learning rate of one step. `step` counts from 0 over a run of `epochs` epochs, each of
/// `steps_per_epoch` steps. Depends on nothing else, so that a resumed run needs no state for it.
///
/// With u in [0, 1) the part of the run that is done:
///   constant   base
///   step       base · factor^floor(epoch / step_epochs)
///   cosine     base · (f + (1 - f) (1 + cos(pi u)) / 2), f = final_fraction (arXiv:1608.03983)
///   one_cycle  from base · start_fraction up to base at u = peak_at, then down to
///              base · start_fraction / 1e4, along half cosines (arXiv:1708.07120)
/// During the warm-up this is multiplied by (step + 1) / (warmup_epochs · steps_per_epoch), until
/// that reaches 1.
double learning_rate(const ScheduleSettings& schedule, double base, Index step,
                     Index steps_per_epoch, Index epochs);

}  // namespace autonet::internal
