#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autograd/op.h"
#include "autograd/var.h"

namespace autonet {

/// One use of a rule: xbar for input i, from ybar.
struct RuleCall {
  std::shared_ptr<const Op> op;
  int input = 0;
  std::vector<Var> inputs;
  Var y;
  Var ybar;

  Var record() const { return op->vjp(input, inputs, y, ybar); }
};

/// A way in which people get rules wrong: what it is called, and the rule with it. std::nullopt
/// where the rule has nothing that this could concern (no flip to forget, no padding to mistake).
struct RuleMistake {
  std::string name;     // "no-flip": what --plant takes
  std::string meaning;  // in a sentence
  std::function<std::optional<Var>(const RuleCall&)> record;
};

/// All of them: no-flip, padding, axes-swapped, factor, sign, lost-term, lost-image, forgotten.
const std::vector<RuleMistake>& rule_mistakes();

/// "padding@0": a mistake by its name, in a rule for any input or for this one. Throws Error if
/// there is no such mistake, or what follows the @ is no number.
struct NamedMistake {
  RuleMistake mistake;
  std::optional<int> input;
};
NamedMistake named_mistake(const std::string& text);

/// The same for mending: a change that makes a wrong rule right says what is wrong with it.
struct RuleRepair {
  std::string diagnosis;
  std::function<std::optional<Var>(const RuleCall&)> record;
};
const std::vector<RuleRepair>& rule_repairs();

/// An op that does all that `op` does, but whose rule for one input makes the mistake.
std::shared_ptr<const Op> with_mistake(std::shared_ptr<const Op> op, int input,
                                       const RuleMistake& mistake);

/// y recorded again on its tape, with call `id`'s op exchanged for `op`.
Var with_op_exchanged(Var y, Index id, const std::shared_ptr<const Op>& op);

}  // namespace autonet
