#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "autonet/check/options.h"
#include "check/difference.h"
#include "check/replay.h"
#include "check/rounding.h"
#include "check/rule_edits.h"

namespace autonet::internal {

/// A rule of one call, recorded by itself: a function from ybar to xbar.
class LocalRule {
 public:
  /// The rule for an input, changed by `repair` if given; nothing if the repair does not apply.
  static std::optional<LocalRule> record(Context& context, const ReplayCall& call, int input,
                                         const RuleRepair* repair = nullptr);

  /// xbar for ybar = v.
  Array operator()(const Array& v);
  /// How much of <rule(v), u> is rounding, for the v of the last call.
  double rounding(const Array& u, std::uint64_t seed);

 private:
  explicit LocalRule(std::unique_ptr<Rounding> replay, size_t v)
      : replay_(std::move(replay)), v_(v) {}

  std::unique_ptr<Rounding> replay_;
  size_t v_;  // the number of v among its points
};

/// One call of an op, examined by itself, at the numbers that it has in a computation. The call
/// must outlive it.
class LocalCall {
 public:
  LocalCall(Context& context, const ReplayCall& call, int input)
      : context_(context), call_(call), input_(input) {}

  const Array& x() const { return call_.inputs[static_cast<size_t>(input_)]; }

  /// J u without the rule and without a step, if the op can tell it; and where it comes from.
  std::optional<Array> exact_tangent(const Array& u) const {
    return call_.op->complex_step(context_, call_.inputs, input_, u);
  }
  std::string exact_means() const {
    return call_.op->linear_in(input_) ? "the op itself" : "complex step";
  }
  /// <v, J u> by differences of the op's forward code. `xbar` is the rule's result for v.
  Slope slope(const Array& v, const Array& u, const Array& xbar) const;
  /// Looks for an element on a kink at which the rule's slope does not lie between the one-sided
  /// slopes, and describes the first; empty if there is none. Only elements that change a single
  /// number of y can be judged.
  std::string wrong_kink(const CheckGradOptions& options) const;

  /// Describes how a rule is wrong that gives xbar for v: by a repair that makes it right, else
  /// from single elements and from the rows of the Jacobian that differ.
  std::string diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const;

 private:
  double right_side(const Array& v, const Array& u, const Array& xbar) const;
  bool mends(const RuleRepair& repair, const Array& v, const Array& xbar, std::uint64_t seed) const;
  std::string wrong_rows(std::uint64_t seed) const;

  Context& context_;
  const ReplayCall& call_;
  int input_;
};

}  // namespace autonet::internal
