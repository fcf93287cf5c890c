#pragma once

#include "autonet/autograd/tape.h"

namespace autonet::internal {

/// Marks the calls recorded while it lives as coming from the rule of call `id` for its input
/// `input`. They get the label of that call.
class RuleScope {
 public:
  RuleScope(Tape& tape, Index id, int input);
  ~RuleScope();
  RuleScope(const RuleScope&) = delete;
  RuleScope& operator=(const RuleScope&) = delete;

 private:
  Tape& tape_;
  int label_before_;
  Index rule_before_;
  int input_before_;
};

}  // namespace autonet::internal
