#pragma once

#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/check/options.h"
#include "autonet/check/recording.h"
#include "autonet/check/report.h"

namespace autonet {

/// The result for one planted mistake.
struct PlantedMistake {
  /// What the check finds.
  enum class Outcome {
    caught,     ///< The check finds a wrong gradient.
    missed,     ///< A gradient is wrong, but the check passes it.
    unseen,     ///< Gradients are wrong only where the check is inconclusive.
    no_effect,  ///< The mistake changes the gradient by no more than rounding.
  };
  std::string op = {};                    ///< Name of the op with the mistake in its rule.
  int input = 0;                          ///< The input that the rule is for.
  std::string where = {};                 ///< The layer of the call with the mistake.
  std::string mistake = {};               ///< "no-flip", …: the names that --plant takes.
  Outcome outcome = Outcome::missed;      ///< What the check finds.
  std::vector<std::string> tensors = {};  ///< Tensors whose gradient it finds wrong.
};

/// The result of check_the_check.
struct SelfTestReport {
  std::vector<PlantedMistake> planted = {};  ///< One for each mistake planted.
  std::vector<std::string> wrong = {};       ///< Tensors that fail before anything is planted.
  bool stopped = false;                      ///< CheckGradOptions::stop ended the test early.

  /// How many planted mistakes have this outcome.
  Index count(PlantedMistake::Outcome outcome) const;
  /// passed: at least one mistake was caught and none missed. failed: some were missed, or the
  /// gradients are wrong before anything is planted.
  Verdict verdict() const;
};

/// Tests the check itself: plants each mistake that fits in each rule that the computation uses, at
/// the rule's first call, and looks whether the check finds it.
SelfTestReport check_the_check(const Recording& f, std::span<const Array> points,
                               std::span<const std::string> names,
                               const CheckGradOptions& options = {});

/// f with one mistake planted: in the first rule that it fits, rules for weights first. "padding@0"
/// plants it in a rule for input 0. The mistakes are no-flip, padding, axes-swapped, factor, sign,
/// lost-term, lost-image and forgotten. `planted` is set to a description. Throws Error if the
/// mistake is unknown or fits no rule.
Recording with_planted_mistake(const Recording& f, const std::string& mistake,
                               std::span<const Array> points, std::span<const std::string> names,
                               std::string& planted);

}  // namespace autonet
