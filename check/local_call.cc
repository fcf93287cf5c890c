#include "check/local_call.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/diagnosis.h"
#include "check/limits.h"
#include "check/vectors.h"

namespace autonet::internal {
std::optional<LocalRule> LocalRule::record(Context& context, const ReplayCall& call, int input,
                                           const RuleEdit* edit) {
  Tape tape(context);
  RuleCall rule{call.op, input, {}, {}, {}};
  for (size_t k = 0; k < call.inputs.size(); ++k) {
    rule.inputs.push_back(tape.placeholder(call.inputs[k].type(), text::concat("input ", k)));
  }
  rule.y = tape.record(call.op, rule.inputs);
  rule.ybar = tape.placeholder(call.output.type(), "ybar");
  const std::optional<Var> xbar = edit == nullptr ? rule.record() : edit->record(rule);
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

Differences LocalCall::differences(const Array& u) const {
  const auto at = [&](double h) -> std::optional<Array> {
    std::vector<Array> inputs = call.inputs;
    inputs[static_cast<size_t>(input)] = moved(x(), u, h);
    Array result = Array::uninitialized(y());
    if (error_of([&] { call.op->forward(context, inputs, result); })) return std::nullopt;
    return result;
  };
  return {at, first_step(x())};
}

double LocalCall::slope(const Array& v, const Array& u) const {
  const std::optional<Array> tangent = exact_tangent(u);
  return tangent ? inner_product(v, *tangent) : differences(u).along(v.to_vector()).value;
}

namespace {

/// True if the rule agrees with the edit, and did not agree without it.
bool mends(const LocalCall& at, const RuleEdit& edit, const Array& v, const Array& xbar,
           std::uint64_t seed) {
  std::optional<LocalRule> rule = LocalRule::record(at.context, at.call, at.input, &edit);
  if (!rule) return false;
  const Array mended = (*rule)(v);
  for (std::uint64_t k = 0; k < 3; ++k) {
    const Array u = normal_array(at.x().type(), seed, 700 + k);
    const double right = at.slope(v, u);
    const double left = std::abs(right - inner_product(mended, u));
    const double left_before = std::abs(right - inner_product(xbar, u));
    if (!(left <= kAlike * norm(mended) * norm(u) && left <= kAlike * left_before)) return false;
  }
  return true;
}

/// Describes which rows of the Jacobian are wrong, if some are right. A row belongs to one element
/// of y.
std::string wrong_rows(const LocalCall& at, std::uint64_t seed) {
  const Shape& shape = at.y().shape;
  Random random(seed, stream_of("check/rows"));
  const Array u = normal_array(at.x().type(), seed, stream_of("check/rows/u"));
  LocalRule rule = at.rule();
  const double bound = at.exact_tangent(u) ? kRuleBound : kAlike;
  std::vector<std::vector<Index>> wrong;
  std::vector<std::vector<Index>> good;
  for (const Index row : drawn(shape.size(), kSample, random)) {
    const Array unit = unit_array(at.y(), row);
    const Array xbar = rule(unit);
    const double off = std::abs(inner_product(xbar, u) - at.slope(unit, u));
    (off <= bound * norm(xbar) * norm(u) ? good : wrong).push_back(position_of(row, shape));
  }
  if (wrong.empty() || good.empty()) return {};
  const std::string counts = text::concat("; wrong rows of the Jacobian: ", wrong.size(), " of ",
                                          wrong.size() + good.size(), " checked, ");
  if (const auto same = common_index(wrong, good)) {
    return text::concat(counts, "exactly those with index ", same->index, " on axis ", same->axis,
                        " of y");
  }
  return text::concat(counts, "the first for y", position_text(wrong[0]));
}

}  // namespace

std::string LocalCall::diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const {
  if (const auto bad = first_not_finite(xbar)) {
    return "it gives an infinity or NaN, first at " + position_text(*bad, x().shape());
  }
  for (const RuleEdit& edit : rule_edits()) {
    if (!edit.repairs.empty() && mends(*this, edit, v, xbar, seed)) return edit.repairs;
  }
  // What single elements should be: <v, J e>. All elements of a small input, a sample of a large
  // one.
  std::vector<ElementSample> samples;
  Random random(seed, stream_of("check/samples"));
  double largest = 0.0;
  for (const Index at : drawn(x().size(), kSample, random)) {
    samples.push_back({at, slope(v, unit_array(x().type(), at))});
    largest = std::max(largest, std::abs(samples.back().right));
  }
  const Closeness closeness = exact_tangent(Array::zeros(x().type()))
                                  ? Closeness{kRuleBound, kRuleBound * largest}
                                  : kByDifferences;
  const std::string found = diagnose_elements(samples, xbar.to_vector(), x().shape(), closeness,
                                              y().shape.rank() > 0 ? y().shape[0] : 0);
  if (found.empty()) return "wrong, by too little to show in single elements";
  return says_how(found) ? found : found + wrong_rows(*this, seed);
}

}  // namespace autonet::internal
