#include "check/tensors.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/comparison.h"
#include "check/diagnosis.h"
#include "check/rounding.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// The number of elements of a point that the options allow: at least one, unless max_elements is
/// zero.
Index affordable(const Replay& replay, const CheckGradOptions& options) {
  if (options.element_work <= 0.0) return options.max_elements;
  // Of a call besides its multiply-adds, and of a number that passes through a complex function.
  constexpr double kCallWork = 2000.0;
  constexpr double kNumberWork = 20.0;
  double one = 0.0;
  for (const ReplayCall& call : replay.calls()) {
    one += kCallWork + call.multiply_adds() + kNumberWork * static_cast<double>(call.output.size());
  }
  const double count = std::min(1e15, std::max(1.0, options.element_work / one));
  return std::min(options.max_elements, static_cast<Index>(count));
}

Evidence evidence_for(Subject& subject, size_t i, const CheckGradOptions& options) {
  const Replay& replay = subject.replay();
  const Array& start = subject.start(i);
  const std::uint64_t stream = stream_of(subject.name(i).c_str());
  Evidence evidence;
  evidence.u = normal_array(start.type(), options.seed, stream);
  if (start.size() == 0) return evidence;
  evidence.along = tangent_along(subject.context(), replay, i, evidence.u);
  Random random(options.seed, stream + 1);
  for (const Index element : drawn(start.size(), affordable(replay, options), random)) {
    if (options.stopped()) break;
    evidence.elements.push_back(element);
    evidence.slopes.push_back(
        tangent_along(subject.context(), replay, i, unit_array(start.type(), element)));
  }
  return evidence;
}

/// Forward mode along the directions, with one recording for all points.
void add_forward_mode(Subject& subject, std::span<Evidence> evidence) {
  std::vector<Var> slopes;
  for (size_t i = 0; i < evidence.size(); ++i) {
    if (!evidence[i].u.has_data()) continue;
    const Var u = subject.tape().constant(evidence[i].u);
    evidence[i].forward_call = jvp(subject.y(), subject.xs().subspan(i, 1), std::span(&u, 1));
    slopes.push_back(*evidence[i].forward_call);
  }
  const std::vector<Array> values = subject.evaluate(slopes);
  size_t next = 0;
  for (Evidence& one : evidence) {
    if (one.forward_call) one.forward_mode = values[next++].item();
  }
}

/// The largest |element|; NaN counts as infinite.
double largest(const Array& x) {
  double most = 0.0;
  for (const double number : x.to_vector()) most = worse(most, std::abs(number));
  return most;
}

/// True if gradient i is a sum that is zero up to rounding although its terms are not.
bool is_cancelled_sum(Context& context, const Rounding& rounding, size_t i, Index id) {
  const auto off = [](const Array& right, const Array& disturbed) {
    return kRoundings * norm(moved(disturbed, right, -1.0));
  };
  const Replay& right = rounding.right();
  const Replay& disturbed = rounding.disturbed();
  const double doubt = off(right.output(i), disturbed.output(i));
  const auto calls = right.calls();
  const auto found = std::ranges::find(calls, id, &ReplayCall::id);
  if (norm(right.output(i)) > doubt || found == calls.end()) return false;
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
  const Array of_sizes = compute(*calls[k].op, context, sizes, calls[k].output.type());
  return norm(of_sizes) > kRoundings * doubt;
}

/// How much of each gradient is rounding, with one recording for all points.
void add_rounding(Subject& subject, std::span<Evidence> evidence, std::uint64_t seed) {
  const size_t count = evidence.size();
  Rounding rounding(subject.context(), subject.xs(), subject.gradient_calls(), subject.points());
  rounding.run();
  const std::vector<double> deviations = rounding.largest(kF64, seed, 2 * count, [&] {
    std::vector<double> found;
    for (size_t i = 0; i < count; ++i) {
      const Array& u = evidence[i].u;
      const Array off = moved(rounding.disturbed().output(i), rounding.right().output(i), -1.0);
      found.push_back(u.has_data() ? std::abs(inner_product(off, u)) : 0.0);
      found.push_back(largest(off));
    }
    return found;
  });
  for (size_t i = 0; i < count; ++i) {
    evidence[i].rounding = deviations[2 * i];
    evidence[i].element_rounding = deviations[2 * i + 1];
    evidence[i].cancels =
        is_cancelled_sum(subject.context(), rounding, i, subject.gradient_calls()[i].id());
  }
}

/// How much of forward mode and of the complex step is rounding.
double measured_tangent_rounding(Subject& subject, size_t i, const Evidence& evidence,
                                 std::uint64_t seed) {
  const auto measured = [&](Var output, const std::function<double(const Replay&)>& number) {
    Rounding rounding(subject.context(), subject.xs(), std::span(&output, 1), subject.points());
    rounding.run();
    const double right = number(rounding.right());
    return rounding.largest(kF64, seed, 1, [&] {
      return std::vector<double>{std::abs(number(rounding.disturbed()) - right)};
    })[0];
  };
  double most = measured(subject.y(), [&](const Replay& replay) {
    return tangent_along(subject.context(), replay, i, evidence.u).value;
  });
  if (evidence.forward_call) {
    const auto number = [](const Replay& replay) { return replay.output(0).item(); };
    most = std::max(most, measured(*evidence.forward_call, number));
  }
  return most;
}

struct Judge {
  const Evidence& evidence;
  const Array& claimed;
  const CheckGradOptions& options;
  TensorCheck& out;
  std::vector<double> gradient = claimed.to_vector();
  bool failed = false;
  bool compared = false;  // something that is not zero was compared
  bool hidden = false;    // something was not compared because of rounding
  bool exact = evidence.along.without.empty();
  std::vector<ElementSample> samples = {};
  double most = largest(claimed);

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
            diagnose_elements(samples, gradient, out.shape,
                              exact ? Closeness{kAlikeExact, kAlikeExact * most} : kByDifferences);
      }
      if (out.diagnosis.empty()) out.diagnosis = "wrong along a random direction";
    } else if (compared) {
      const auto unclear = static_cast<double>(out.unclear);
      if (!exact && unclear > kMostUnclear * static_cast<double>(out.checked)) {
        out.verdict = Verdict::inconclusive;
        out.diagnosis = "too many elements could not be compared, and there is no complex step";
      }
    } else if (evidence.cancels) {
      out.does_nothing = true;
    } else {
      out.verdict = Verdict::inconclusive;
      out.diagnosis = why_nothing();
      out.only_zeros = !hidden && out.kinks == 0;
    }
  }

  void fail(const std::string& why) {
    failed = true;
    if (out.diagnosis.empty()) out.diagnosis = why;
  }

  std::string why_nothing() const {
    if (out.kinks > 0) return "everything that is not zero lies on kinks";
    if (hidden) return "rounding hides every slope, or y has no value one step away";
    return "both sides are zero everywhere: nothing was compared";
  }

  /// Compares <xbar, u> with J u. `doubt` is that of a J u by differences.
  void with(double known, double doubt, double& error) {
    if (!std::isfinite(known)) return fail("forward mode or the complex step is not finite");
    const double analytic = inner_product(evidence.u, claimed);
    const double size = std::max(norm(claimed) * norm(evidence.u), std::abs(known));
    const double rounding =
        kRoundings * (evidence.rounding + evidence.tangent_rounding.value_or(0.0)) + kNothing;
    const double larger = std::max(std::abs(analytic), std::abs(known));
    const Tolerance tolerance = doubt > 0.0 ? Tolerance::of(larger, options.rtol, options.atol)
                                            : Tolerance::of(kGradientBound * size);
    const Agreement agreement =
        compare(analytic, known, doubt > 0.0 ? larger : size, tolerance, rounding + doubt);
    error = size <= rounding ? 0.0 : std::abs(analytic - known) / size;
    if (agreement == Agreement::disagrees) failed = true;
    if (agreement == Agreement::agrees) compared = true;
    if (agreement == Agreement::hidden && size > rounding) hidden = true;
  }

  void along_direction() {
    with(evidence.along.value, evidence.along.doubt, out.complex_error);
    const bool by_forward_code = compared;
    if (evidence.forward_mode) with(*evidence.forward_mode, 0.0, out.adjoint_error);
    compared = by_forward_code;  // forward mode uses the rules
  }

  void element(Index at, const Tangent& slope) {
    const double analytic = gradient[static_cast<size_t>(at)];
    ++out.checked;
    const double rounding = kRoundings * evidence.element_rounding + kNothing;
    const double size = std::max(std::abs(analytic), std::abs(slope.value));
    const bool by_differences = slope.doubt > 0.0;
    const double zero = by_differences ? options.atol : rounding;
    if (size <= zero && (slope.doubt <= zero)) {
      ++out.zeros;
      return;
    }
    const Tolerance tolerance = by_differences
                                    ? Tolerance::of(size, options.rtol, options.atol)
                                    : Tolerance::of(kGradientBound * std::max(most, size));
    const Agreement agreement =
        compare(analytic, slope.value, size, tolerance, slope.doubt + rounding);
    if (agreement == Agreement::hidden) {
      ++(slope.on_kink ? out.kinks : out.unclear);
      hidden = hidden || !slope.on_kink;
      return;
    }
    samples.push_back({at, slope.value});
    compared = compared || agreement == Agreement::agrees;
    failed = failed || agreement == Agreement::disagrees;
    const double error = std::abs(analytic - slope.value);
    out.worst_absolute = worse(out.worst_absolute, error);
    const bool first = !out.worst_position;
    if (!first && (std::isnan(out.worst_relative) || error / size < out.worst_relative)) return;
    out.worst_relative = error / size;
    out.worst_position = position_of(at, out.shape);
    out.analytic = analytic;
    out.numeric = slope.value;
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
    options.tell(text::concat(subject.name(i), ", tensor ", ++done, " of ", count));
    evidence[i] = evidence_for(subject, i, options);
  }
  if (std::ranges::count(chosen, true) == 0) return evidence;
  options.tell("forward mode");
  add_forward_mode(subject, evidence);
  options.tell("rounding");
  add_rounding(subject, evidence, options.seed);
  return evidence;
}

TensorCheck judge(Subject& subject, size_t i, Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options) {
  const auto verdict = [&] {
    TensorCheck tensor;
    tensor.name = subject.name(i);
    tensor.shape = subject.start(i).shape();
    tensor.total = subject.start(i).size();
    tensor.without_complex = evidence.along.without;
    Judge{evidence, gradient, options, tensor}.run();
    return tensor;
  };
  const TensorCheck tensor = verdict();
  if (tensor.verdict != Verdict::failed || evidence.tangent_rounding) return tensor;
  evidence.tangent_rounding = measured_tangent_rounding(subject, i, evidence, options.seed);
  return verdict();
}

}  // namespace autonet::internal
