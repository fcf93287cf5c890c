#include "check/tensors.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/diagnosis.h"
#include "check/difference.h"
#include "check/limits.h"
#include "check/rounding.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

using text::concat;

/// The number of elements of a point that the options allow: at least one, unless max_elements is
/// zero.
Index affordable(const Replay& replay, const CheckGradOptions& options) {
  if (options.element_work <= 0.0) return options.max_elements;
  double one = 0.0;
  for (const ReplayCall& call : replay.calls()) {
    one += call.multiply_adds() + kNumberWork * static_cast<double>(call.output.size());
  }
  const double count = std::min(1e15, std::max(1.0, options.element_work / one));
  return std::min(options.max_elements, static_cast<Index>(count));
}

Evidence evidence_for(Subject& subject, size_t i, const CheckGradOptions& options) {
  const Replay& replay = *subject.replay;
  const Array& start = subject.points[i];
  const std::uint64_t stream = stream_of(subject.names[i].c_str());
  Evidence evidence;
  evidence.u = normal_array(start.type(), options.seed, stream);
  if (start.size() == 0) return evidence;
  evidence.along = tangent_along(subject.context, replay, i, evidence.u);
  evidence.along.of_calls.clear();
  Random random(options.seed, stream + 1);
  for (const Index element : drawn(start.size(), affordable(replay, options), random)) {
    if (options.stopped()) break;
    evidence.elements.push_back(element);
    evidence.slopes.push_back(
        tangent_along(subject.context, replay, i, unit_array(start.type(), element)).value);
  }
  return evidence;
}

/// The largest |element|; NaN counts as infinite.
double largest(const Array& x) {
  double most = 0.0;
  for (const double number : x.to_vector()) most = worse(most, std::abs(number));
  return most;
}

/// True if output 1, made by call `id`, is a sum that is zero up to rounding although its terms are
/// not.
bool is_cancelled_sum(Context& context, const Rounding& rounding, Index id) {
  const auto off = [](const Array& right, const Array& disturbed) {
    return kRoundings * norm(moved(disturbed, right, -1.0));
  };
  const Replay& right = rounding.right();
  const Replay& disturbed = rounding.disturbed();
  const double doubt = off(right.output(1), disturbed.output(1));
  const auto calls = right.calls();
  const auto found = std::ranges::find(calls, id, &ReplayCall::id);
  if (norm(right.output(1)) > doubt || found == calls.end()) return false;
  auto k = static_cast<size_t>(found - calls.begin());
  while (calls[k].is_view && calls[k].makers[0] >= 0) k = static_cast<size_t>(calls[k].makers[0]);
  std::vector<Array> sizes;
  for (size_t input = 0; input < calls[k].inputs.size(); ++input) {
    const Array& x = calls[k].inputs[input];
    if (!calls[k].op->linear_in(static_cast<int>(input)) ||
        norm(x) <= kRoundings * off(x, disturbed.calls()[k].inputs[input])) {
      return false;
    }
    sizes.push_back(mapped(x, [](double number) { return std::abs(number); }));
  }
  const Array of_sizes = compute(*calls[k].op, sizes, calls[k].output.type(), context);
  return norm(of_sizes) > kRoundings * doubt;
}

/// The comparison of a gradient with the evidence.
struct Judge {
  const Evidence& evidence;
  const Array& claimed;
  TensorCheck& out;
  std::vector<double> gradient = claimed.to_vector();
  double most = largest(claimed);
  Evidence::Rounding rounding = evidence.rounding.value_or(Evidence::Rounding{});
  bool failed = false;
  bool compared = false;  // something that is not zero was compared
  std::vector<ElementSample> samples = {};

  void run() {
    if (const auto bad = first_not_finite(claimed)) {
      fail("the gradient by the rules has an infinity or NaN, first at " +
           position_text(*bad, out.shape));
    }
    if (!gradient.empty()) along_direction();
    for (size_t k = 0; k < evidence.elements.size(); ++k) {
      element(evidence.elements[k], evidence.slopes[k]);
    }
    if (failed) {
      out.verdict = Verdict::failed;
      if (out.diagnosis.empty()) {
        out.diagnosis =
            diagnose_elements(samples, gradient, out.shape, {kRuleBound, kRuleBound * most});
      }
      if (out.diagnosis.empty()) out.diagnosis = "wrong along a random direction";
    } else if (!compared && rounding.cancels) {
      out.does_nothing = true;
    } else if (!compared) {
      out.verdict = Verdict::inconclusive;
      out.only_zeros = most <= kNothing && std::abs(evidence.along.value) <= kNothing;
      out.diagnosis = out.only_zeros ? "both sides are zero everywhere: nothing was compared"
                                     : "nothing was compared, as rounding hides the gradient";
    }
  }

  void fail(const std::string& why) {
    failed = true;
    if (out.diagnosis.empty()) out.diagnosis = why;
  }

  void along_direction() {
    if (!std::isfinite(evidence.along.value)) return fail("the complex step is not finite");
    const double analytic = inner_product(evidence.u, claimed);
    const double size = std::max(norm(claimed) * norm(evidence.u), std::abs(evidence.along.value));
    const double doubt = kRoundings * rounding.along + kNothing;
    const Agreement agreement =
        compare(analytic, evidence.along.value, size, kGradientBound, doubt);
    out.complex_error = size <= doubt ? 0.0 : std::abs(analytic - evidence.along.value) / size;
    failed = failed || agreement == Agreement::disagrees;
    compared = compared || agreement == Agreement::agrees;
  }

  void element(Index at, double slope) {
    const double analytic = gradient[static_cast<size_t>(at)];
    ++out.checked;
    const double doubt = kRoundings * rounding.element + kNothing;
    const double size = std::max(std::abs(analytic), std::abs(slope));
    if (size <= doubt) {
      ++out.zeros;
      return;
    }
    samples.push_back({at, slope});
    const Agreement agreement =
        compare(analytic, slope, std::max(most, size), kGradientBound, doubt);
    failed = failed || agreement == Agreement::disagrees;
    compared = compared || agreement == Agreement::agrees;
    const double error = std::abs(analytic - slope);
    out.worst_absolute = worse(out.worst_absolute, error);
    const bool first = !out.worst_position;
    if (!first && (std::isnan(out.worst_relative) || error / size < out.worst_relative)) return;
    out.worst_relative = error / size;
    out.worst_position = position_of(at, out.shape);
    out.analytic = analytic;
    out.numeric = slope;
  }
};

}  // namespace

std::vector<Evidence> gather_evidence(Subject& subject, std::vector<bool>& chosen,
                                      const CheckGradOptions& options) {
  std::vector<Evidence> evidence(subject.size());
  const auto count = std::ranges::count(chosen, true);
  int done = 0;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (options.stopped()) chosen[i] = false;
    if (!chosen[i]) continue;
    options.tell(concat(subject.names[i], ", tensor ", ++done, " of ", count));
    evidence[i] = evidence_for(subject, i, options);
  }
  return evidence;
}

void measure_rounding(Subject& subject, size_t i, Evidence& evidence, std::uint64_t seed) {
  if (evidence.rounding || !evidence.u.has_data()) return;
  const std::vector<Var> outputs{subject.y, subject.gradient_calls[i]};
  Rounding rounding(subject.context, subject.xs, outputs, subject.points);
  rounding.run();
  const Array& right = rounding.right().output(1);
  const double along = inner_product(right, evidence.u) - evidence.along.value;
  const std::vector<double> off = rounding.largest(kF64, seed, 2, [&] {
    const Array& disturbed = rounding.disturbed().output(1);
    const double tangent =
        tangent_along(subject.context, rounding.disturbed(), i, evidence.u).value;
    return std::vector<double>{std::abs(inner_product(disturbed, evidence.u) - tangent - along),
                               largest(moved(disturbed, right, -1.0))};
  });
  const bool cancels = is_cancelled_sum(subject.context, rounding, outputs[1].id());
  evidence.rounding = {.along = off[0], .element = off[1], .cancels = cancels};
}

TensorCheck judge(Subject& subject, size_t i, Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options) {
  const auto verdict = [&] {
    TensorCheck tensor{.name = subject.names[i],
                       .shape = subject.points[i].shape(),
                       .total = subject.points[i].size()};
    if (!evidence.along.rules.empty()) tensor.without_complex = evidence.along.rules.begin()->first;
    Judge{evidence, gradient, tensor}.run();
    return tensor;
  };
  TensorCheck tensor = verdict();
  if (tensor.verdict == Verdict::passed || evidence.rounding) return tensor;
  measure_rounding(subject, i, evidence, options.seed);
  return verdict();
}

void rely_on(std::span<const RuleCheck> rules, const Evidence& evidence, TensorCheck& tensor) {
  for (const RuleCheck& rule : rules) {
    const bool used = std::ranges::any_of(evidence.along.rules, [&](const auto& name) {
      return name.first == rule.op &&
             (name.second == rule.input || rule.input == RuleCheck::kEvery);
    });
    if (!used || rule.verdict == Verdict::passed || tensor.verdict == Verdict::failed) continue;
    tensor.verdict = rule.verdict;
    tensor.diagnosis = rule.diagnosis;
  }
}

ClaimCheck find_lost_term(Subject& subject, std::uint64_t seed) {
  ClaimCheck claim{.name = "sums", .claim = "a cotangent is the sum over all uses of the value"};
  Context& context = subject.context;
  const Replay& replay = *subject.replay;
  const auto calls = replay.calls();
  std::vector<Var> values(subject.xs.begin(), subject.xs.end());  // points, then results
  std::vector<size_t> made_by;
  for (size_t k = 0; k < calls.size(); ++k) {
    if (!calls[k].carries || !calls[k].matters || calls[k].output.size() == 0) continue;
    values.push_back(subject.tape.var(calls[k].id));
    made_by.push_back(k);
  }
  const std::vector<Array> bars = subject.evaluate(grad(subject.y, values));
  for (size_t n = values.size(); n-- > 0;) {
    const bool is_point = n < subject.size();
    const size_t k = is_point ? n : made_by[n - subject.size()];
    const Array u = normal_array(bars[n].type(), seed, 500 + n);
    const Tangent known =
        is_point ? tangent_along(context, replay, k, u) : tangent_from_call(context, replay, k, u);
    const double size = std::max(norm(bars[n]) * norm(u), std::abs(known.value));
    ++claim.compared;
    if (std::abs(inner_product(bars[n], u) - known.value) <= kAlike * size) continue;
    std::string uses;
    for (const ReplayCall& call : calls) {
      const std::vector<int>& sources = is_point ? call.points : call.makers;
      for (size_t input = 0; input < sources.size(); ++input) {
        if (sources[input] != static_cast<int>(k)) continue;
        uses += concat(uses.empty() ? "" : " and ", name_of_call(call), ", input ", input);
      }
    }
    const std::string value =
        is_point ? subject.names[k] : "the result of " + name_of_call(calls[k]);
    claim.fail(concat("a term of the gradient is lost: every rule is right, but the cotangent of ",
                      value, " is not the sum of what comes from its uses: ", uses));
    break;
  }
  return claim;
}

}  // namespace autonet::internal
