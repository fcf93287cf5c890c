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

/// A change of a rule: a common mistake, to be planted, or one that makes a wrong rule right.
struct RuleEdit {
  std::string name;     // as --plant takes it: "no-flip"; empty if it is no mistake to plant
  std::string meaning;  // of the mistake, in a few words
  std::string repairs;  // the diagnosis of a rule that this makes right; empty if it repairs none
  /// Records the changed rule; std::nullopt where the change does not apply (no flip to leave out).
  std::function<std::optional<Var>(const RuleCall&)> record;
};

/// The mistakes no-flip, padding, axes-swapped, factor, sign, lost-term, lost-image and forgotten,
/// and what repairs rules.
const std::vector<RuleEdit>& rule_edits();

/// A mistake, to be planted in a rule for any input or for this one only.
struct NamedMistake {
  RuleEdit mistake;
  std::optional<int> input;
};
/// Reads "padding" or "padding@0". Throws Error if the mistake is unknown, or if no number follows
/// the @.
NamedMistake named_mistake(const std::string& mistake);

/// An op that does the same as `op`, except that its rule for one input has the mistake.
std::shared_ptr<const Op> with_mistake(std::shared_ptr<const Op> op, int input,
                                       const RuleEdit& mistake);

/// y recorded again on its tape, with `op` in place of the op of call `id`.
Var with_op_replaced(Var y, Index id, const std::shared_ptr<const Op>& op);

}  // namespace autonet::internal
