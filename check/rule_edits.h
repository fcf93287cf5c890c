#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/op.h"
#include "autonet/autograd/var.h"

namespace autonet::internal {

/// One use of a rule: from ybar to the cotangent xbar of one input.
struct RuleCall {
  std::shared_ptr<const Op> op;
  int input = 0;
  std::vector<Var> inputs;
  Var y;
  Var ybar;

  Var record() const { return op->vjp(input, inputs, y, ybar); }
};

/// A common mistake in rules. `record` records a rule with the mistake; std::nullopt where the
/// mistake does not apply (no flip to forget, no padding to get wrong).
struct RuleMistake {
  std::string name;     // as --plant takes it: "no-flip"
  std::string meaning;  // in a few words
  std::function<std::optional<Var>(const RuleCall&)> record;
};

/// All mistakes: no-flip, padding, axes-swapped, factor, sign, lost-term, lost-image, forgotten.
const std::vector<RuleMistake>& rule_mistakes();

/// A mistake, to be planted in a rule for any input or for this one only.
struct NamedMistake {
  RuleMistake mistake;
  std::optional<int> input;
};
/// Reads "padding" or "padding@0". Throws Error if the mistake is unknown, or if no number follows
/// the @.
NamedMistake named_mistake(const std::string& mistake);

/// A change that may make a wrong rule right, and the diagnosis if it does.
struct RuleRepair {
  std::string diagnosis;
  std::function<std::optional<Var>(const RuleCall&)> record;
};
const std::vector<RuleRepair>& rule_repairs();

/// An op that does the same as `op`, except that its rule for one input has the mistake.
std::shared_ptr<const Op> with_mistake(std::shared_ptr<const Op> op, int input,
                                       const RuleMistake& mistake);

/// y recorded again on its tape, with `op` in place of the op of call `id`.
Var with_op_replaced(Var y, Index id, const std::shared_ptr<const Op>& op);

}  // namespace autonet::internal
