#pragma once

#include <span>
#include <string>
#include <vector>

#include "check/check_grad.h"

namespace autonet {

/// What became of one planted mistake.
struct PlantedMistake {
  enum class Outcome {
    caught,
    missed,     // a gradient is wrong and the check says PASSED of it
    unseen,     // wrong, but where it is the check says INCONCLUSIVE: all zero, hidden, on kinks
    no_effect,  // the gradient is the same but for rounding: there is nothing to catch
  };
  std::string op;
  int input = 0;
  std::string where;    // the layer of the call whose rule was spoilt
  std::string mistake;  // see rule_mistakes()
  Outcome outcome = Outcome::missed;
  std::vector<std::string> tensors;  // whose gradient was found wrong
  bool by_differences = false;       // found by differences too, not by exact means alone
};

struct SelfTestReport {
  std::vector<PlantedMistake> planted;
  std::vector<std::string> wrong;  // tensors that the check fails with nothing planted
  bool stopped = false;            // before all was planted, by CheckGradOptions::stop
  Index count(PlantedMistake::Outcome outcome) const;
  /// passed: at least one was caught, and none missed; failed: some were missed, or the gradients
  /// are wrong as they are, so that nothing was shown.
  Verdict verdict() const;
};

/// The negative control: spoils each rule that the computation uses (at its first call) in each of
/// the ways of rule_mistakes() that it has room for, and looks whether the check finds it.
SelfTestReport check_the_check(const Recording& f, std::span<const Array> points,
                               std::span<const std::string> names,
                               const CheckGradOptions& options = {});

/// f with one mistake planted: in the first rule that has room for it, a layer's weights first.
/// "padding@0" asks for a rule for input 0. `planted` tells where. Throws Error if no rule has room
/// for it, or there is no such mistake.
Recording with_planted_mistake(const Recording& f, const std::string& mistake,
                               std::span<const Array> points, std::span<const std::string> names,
                               std::string& planted);

}  // namespace autonet
