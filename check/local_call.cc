#include "check/local_call.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "check/comparison.h"
#include "check/diagnosis.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// So many elements, or rows of the Jacobian, are looked at to describe an error.
constexpr Index kSample = 100;

}  // namespace

std::optional<LocalRule> LocalRule::record(Context& context, const ReplayCall& call, int input,
                                           const RuleRepair* repair) {
  Tape tape(&context);
  RuleCall rule{call.op, input, {}, {}, {}};
  for (size_t k = 0; k < call.inputs.size(); ++k) {
    rule.inputs.push_back(tape.placeholder(call.inputs[k].type(), text::concat("input ", k)));
  }
  rule.y = tape.record(call.op, rule.inputs);
  rule.ybar = tape.placeholder(call.output.type(), "ybar");
  const std::optional<Var> xbar = repair == nullptr ? rule.record() : repair->record(rule);
  if (!xbar) return std::nullopt;
  std::vector<Var> points = rule.inputs;
  points.push_back(rule.ybar);
  std::vector<Array> at = call.inputs;
  at.push_back(Array::zeros(call.output.type()));
  return LocalRule(Rounding(context, points, std::vector<Var>{*xbar}, at), call.inputs.size());
}

Array LocalRule::operator()(const Array& v) {
  replay_.move(v_, v);
  replay_.run();
  return replay_.right().output(0).clone();
}

double LocalRule::rounding(const Array& u, std::uint64_t seed) {
  const double right = inner_product(replay_.right().output(0), u);
  return replay_.largest(kF64, seed, 1, [&] {
    return std::vector<double>{std::abs(inner_product(replay_.disturbed().output(0), u) - right)};
  })[0];
}

std::string LocalCall::wrong_kink(const CheckGradOptions& options) const {
  Random random(options.seed, stream_of("check/kinks"));
  LocalRule rule = this->rule();
  for (const Index at : drawn(x().size(), kSample, random)) {
    const Array e = unit_array(x().type(), at);
    const Differences slopes = differences(e);
    std::vector<Index> bent;
    for (size_t k = 0; k < slopes.size(); ++k) {
      if (slopes.of(k).kind == Slope::Kind::kink) bent.push_back(static_cast<Index>(k));
    }
    if (bent.size() != 1) continue;
    const Slope slope = slopes.of(static_cast<size_t>(bent[0]));
    const double claimed = inner_product(rule(unit_array(call_.output.type(), bent[0])), e);
    const double size = std::max({std::abs(claimed), std::abs(slope.left), std::abs(slope.right)});
    const double allowed = Tolerance::of(size, options.rtol, options.atol).loose;
    if (is_subgradient(slope, claimed, allowed + slope.doubt)) continue;
    return text::concat("on a kink at ", position_text(at, x().shape()), " it gives ",
                        text::significant(claimed, 6),
                        ", which does not lie between the slopes to the left and right, ",
                        text::significant(slope.left, 6), " and ",
                        text::significant(slope.right, 6));
  }
  return {};
}

/// <v, J u> by the most exact means that there is.
double LocalCall::right_side(const Array& v, const Array& u) const {
  const std::optional<Array> tangent = exact_tangent(u);
  if (tangent) return inner_product(v, *tangent);
  return differences(u).along(v.to_vector()).value;
}

/// True if the rule agrees with the repair, and did not agree without it.
bool LocalCall::mends(const RuleRepair& repair, const Array& v, const Array& xbar,
                      std::uint64_t seed) const {
  std::optional<LocalRule> rule = LocalRule::record(context_, call_, input(), &repair);
  if (!rule) return false;
  const Array mended = (*rule)(v);
  for (std::uint64_t k = 0; k < 3; ++k) {
    const Array u = normal_array(x().type(), seed, 700 + k);
    const double right = right_side(v, u);
    const double left = std::abs(right - inner_product(mended, u));
    const double left_before = std::abs(right - inner_product(xbar, u));
    if (!(left <= kAlike * norm(mended) * norm(u) && left <= kAlike * left_before)) return false;
  }
  return true;
}

std::string LocalCall::diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const {
  if (const auto bad = first_not_finite(xbar)) {
    return "it gives an infinity or NaN, first at " + position_text(*bad, x().shape());
  }
  for (const RuleRepair& repair : rule_repairs()) {
    if (mends(repair, v, xbar, seed)) return repair.diagnosis;
  }
  // What single elements should be: <v, J e>. All elements of a small input, a sample of a large
  // one.
  std::vector<ElementSample> samples;
  Random random(seed, stream_of("check/samples"));
  double largest = 0.0;
  bool exact = true;
  for (const Index at : drawn(x().size(), kSample, random)) {
    const Array unit = unit_array(x().type(), at);
    exact = exact && exact_tangent(unit).has_value();
    samples.push_back({at, right_side(v, unit)});
    largest = std::max(largest, std::abs(samples.back().right));
  }
  const Shape& y = call_.output.shape();
  const Closeness closeness =
      exact ? Closeness{kAlikeExact, kAlikeExact * largest} : kByDifferences;
  const std::string found =
      diagnose_elements(samples, xbar.to_vector(), x().shape(), closeness, y.rank() > 0 ? y[0] : 0);
  if (found.empty()) return "wrong, by too little to show in single elements";
  return says_how(found) ? found : found + wrong_rows(seed);
}

/// Describes which rows of the Jacobian are wrong, if some are right. A row belongs to one element
/// of y.
std::string LocalCall::wrong_rows(std::uint64_t seed) const {
  const Array& y = call_.output;
  Random random(seed, stream_of("check/rows"));
  const Array u = normal_array(x().type(), seed, stream_of("check/rows/u"));
  LocalRule rule = this->rule();
  const bool exact = exact_tangent(u).has_value();
  std::vector<std::vector<Index>> wrong;
  std::vector<std::vector<Index>> good;
  for (const Index row : drawn(y.size(), kSample, random)) {
    const Array unit = unit_array(y.type(), row);
    const Array xbar = rule(unit);
    const double right = right_side(unit, u);
    const double allowed = (exact ? kAlikeExact : kAlike) * norm(xbar) * norm(u);
    const bool agrees = std::abs(inner_product(xbar, u) - right) <= allowed;
    (agrees ? good : wrong).push_back(position_of(row, y.shape()));
  }
  if (wrong.empty() || good.empty()) return {};
  const std::string counts = text::concat("; wrong rows of the Jacobian: ", wrong.size(), " of ",
                                          wrong.size() + good.size(), " checked, ");
  for (size_t axis = 0; axis < wrong[0].size(); ++axis) {
    const auto there = [&](const auto& position) { return position[axis] == wrong[0][axis]; };
    if (!std::ranges::all_of(wrong, there) || std::ranges::any_of(good, there)) continue;
    return text::concat(counts, "exactly those with index ", wrong[0][axis], " on axis ", axis,
                        " of y");
  }
  return text::concat(counts, "the first for y", position_text(wrong[0]));
}

}  // namespace autonet::internal
