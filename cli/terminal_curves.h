#pragma once

#include <string>
#include <vector>

#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// Two charts side by side: the loss over the epochs, and the accuracy or, in regression, the root
/// mean squared error. Each has a curve of the training set and, if there is one, of the validation
/// set, and axes whose ends are numbered.
///
/// The lines, at most 12, have at most 80 columns and at most `width`. Without `unicode` all
/// characters are ASCII. The text is empty if there are fewer than two epochs, or fewer than 48
/// columns.
std::string terminal_curves(const std::vector<EpochReport>& epochs, bool regression, int width,
                            bool unicode);

}  // namespace autonet::cli
