#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "check/check_grad.h"
#include "check/difference.h"
#include "check/replay.h"
#include "check/rounding.h"
#include "check/rule_edits.h"

namespace autonet {

/// A rule of one call, recorded by itself: numbers v in, xbar out.
class LocalRule {
 public:
  /// The rule for an input, or what `repair` makes of it; nothing where it has nothing to repair.
  static std::optional<LocalRule> record(Context& context, const ReplayCall& call, int input,
                                         const RuleRepair* repair = nullptr);

  /// xbar for ybar = v.
  Array operator()(const Array& v);
  /// How much of <rule(v), u> is rounding, for the v asked for last.
  double rounding(const Array& u, std::uint64_t seed);

 private:
  explicit LocalRule(std::unique_ptr<Rounding> replay, size_t v)
      : replay_(std::move(replay)), v_(v) {}

  std::unique_ptr<Rounding> replay_;
  size_t v_;  // which of its points v is
};

/// One call of an op, looked at by itself, at the numbers that it has in a computation. The call
/// must outlive it.
class LocalCall {
 public:
  LocalCall(Context& context, const ReplayCall& call, int input)
      : context_(context), call_(call), input_(input) {}

  const Array& x() const { return call_.inputs[static_cast<size_t>(input_)]; }

  /// J u without the rule and without a step, or std::nullopt; and what told it.
  std::optional<Array> exact_tangent(const Array& u) const {
    return call_.op->complex_step(context_, call_.inputs, input_, u);
  }
  std::string exact_means() const {
    return call_.op->linear_in(input_) ? "the op itself" : "complex step";
  }
  /// <v, J u> by differences of the op's forward code; `xbar` is what the rule says to v.
  Slope slope(const Array& v, const Array& u, const Array& xbar) const;
  /// Elements on a kink, one at a time, at which the rule's slope is none between those to both
  /// sides: the first of them, in words; empty if there is none. Only elements that move a single
  /// number of y can be judged.
  std::string wrong_kink(const CheckGradOptions& options) const;

  /// In which way a rule is wrong that answered v with xbar: by mending it, else from what single
  /// elements should be and which rows of the Jacobian differ.
  std::string diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const;

 private:
  double right_side(const Array& v, const Array& u, const Array& xbar) const;
  bool mends(const RuleRepair& repair, const Array& v, const Array& xbar, std::uint64_t seed) const;
  std::string wrong_rows(std::uint64_t seed) const;

  Context& context_;
  const ReplayCall& call_;
  int input_;
};

/// x + h u.
Array moved(const Array& x, const Array& u, double h);
/// c x.
Array scaled(const Array& x, double c);

}  // namespace autonet
