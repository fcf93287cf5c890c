#pragma once

#include <optional>
#include <string>

#include "autonet/train/fit.h"
#include "cli/results.h"

namespace autonet::cli {

/// What is said about a run that went wrong without an error.
struct FitVerdict {
  std::string kind;  // "diverged" or "guessing"
  std::string text;  // one or two sentences and what to try
};

/// The verdict on a run whose loss has risen far above its start, or whose best weights do no
/// better than the answer that needs no input (the most frequent class, or the mean of the
/// targets); nothing if neither is so.
std::optional<FitVerdict> fit_verdict(const Model& model, const Trained& result, const Splits& data,
                                      const Results& results);

/// The verdict as lines of at most 80 columns; empty without one.
std::string verdict_text(const std::optional<FitVerdict>& verdict);

}  // namespace autonet::cli
