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

/// One input of one call, examined by itself, at the numbers that it has in a computation.
struct LocalCall {
  Context& context;
  const ReplayCall& call;
  int input = 0;

  const Array& x() const { return call.inputs[static_cast<size_t>(input)]; }
  const ArrayType& y() const { return call.output.type(); }
  bool linear() const { return call.op->linear_in(input); }
  LocalRule rule() const { return *LocalRule::record(context, call, input); }

  /// J u without the rule and without a step, if the op can tell it.
  std::optional<Array> exact_tangent(const Array& u) const {
    return call.op->complex_step(context, call.inputs, input, u);
  }
  /// The forward code along u.
  Differences differences(const Array& u) const;
  /// <v, J u> by the most exact means that there is.
  double slope(const Array& v, const Array& u) const;
  /// Describes how a rule is wrong that gives xbar for v: by an edit that makes it right, else from
  /// single elements and from the rows of the Jacobian that differ.
  std::string diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const;
};

}  // namespace autonet::internal
