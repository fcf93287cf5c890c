#pragma once

#include <string>

#include "autonet/train/fit.h"
#include "cli/results.h"

namespace autonet::cli {

/// A line about a run that went wrong without an error: its loss has risen far above its start, or
/// its best weights do no better than the answer that needs no input (the most frequent class, or
/// the mean of the targets). Empty if neither is so.
std::string fit_verdict(const Model& model, const Trained& result, const Splits& data,
                        const Results& results);

}  // namespace autonet::cli
