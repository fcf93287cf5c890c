#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "check/difference.h"
#include "check/replay.h"
#include "check/rounding.h"
#include "check/rule_edits.h"

namespace autonet::internal {

/// A rule of one call, recorded by itself: a function from ybar to xbar.
class LocalRule {
 public:
  /// The rule for an input, changed by `edit` if given; nothing if the edit does not apply.
  static std::optional<LocalRule> record(Context& context, const ReplayCall& call, int input,
                                         const RuleEdit* edit = nullptr);

  /// xbar for ybar = v.
  Array operator()(const Array& v);
  /// How much of <rule(v), u> is rounding, for the v of the last call.
  double rounding(const Array& u, std::uint64_t seed);

 private:
  LocalRule(Rounding replay, size_t v) : replay_(std::move(replay)), v_(v) {}

  Rounding replay_;
  size_t v_;  // the number of v among its points
};

/// One input of one call, examined by itself, at the numbers that it has in a computation. The call
/// must outlive it.
class LocalCall {
 public:
  LocalCall(Context& context, const ReplayCall& call, size_t input)
      : context_(context), call_(call), input_(input) {}

  Context& context() const { return context_; }
  const ReplayCall& call() const { return call_; }
  const Array& x() const { return call_.inputs[input_]; }
  const ArrayType& y() const { return call_.output.type(); }
  int input() const { return static_cast<int>(input_); }
  bool linear() const { return call_.op->linear_in(input()); }

  /// J u without the rule and without a step, if the op can tell it.
  std::optional<Array> exact_tangent(const Array& u) const {
    return call_.op->complex_step(context_, call_.inputs, input(), u);
  }
  /// The forward code along u.
  Differences differences(const Array& u) const;
  LocalRule rule() const { return *LocalRule::record(context_, call_, input()); }

  /// Describes how a rule is wrong that gives xbar for v: by an edit that makes it right, else from
  /// single elements and from the rows of the Jacobian that differ.
  std::string diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const;

 private:
  double right_side(const Array& v, const Array& u) const;
  bool mends(const RuleEdit& edit, const Array& v, const Array& xbar, std::uint64_t seed) const;
  std::string wrong_rows(std::uint64_t seed, bool exact) const;

  Context& context_;
  const ReplayCall& call_;
  size_t input_;
};

}  // namespace autonet::internal
