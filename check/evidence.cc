#include "check/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "autograd/random.h"
#include "check/diagnosis.h"

namespace autonet {
namespace {

/// Evaluations that one element's slope costs, about: for the bound on work.
constexpr double kProbes = 7.0;
/// A call's own cost beside its multiply-adds, in multiply-adds.
constexpr double kCallWork = 2000.0;
/// Of sides that never round: forward mode, the complex step and the gradient differ by this much
/// of their size at most. Mistakes are far larger, rounding (about 1e-15) is far smaller.
constexpr double kExactBound = 1e-10;

/// `count` different numbers below `total`, in order; all of them if there are no more.
std::vector<Index> chosen(Index total, Index count, Random& random) {
  std::vector<Index> all;
  if (count >= total) {
    all.resize(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  std::set<Index> some;
  while (static_cast<Index>(some.size()) < count) {
    some.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(total))));
  }
  return {some.begin(), some.end()};
}

/// Elements of point i that the options pay for; never none, unless none are asked for.
Index affordable(const Replay& replay, size_t i, const CheckGradOptions& options) {
  if (options.element_work <= 0.0) return options.max_elements;
  const double one = kProbes * (replay.work_after_moving(i) +
                                kCallWork * static_cast<double>(replay.calls_after_moving(i)));
  const double count = std::max(4.0, options.element_work / one);
  return std::min(options.max_elements, static_cast<Index>(std::min(count, 1e15)));
}

/// How far an element may be moved at first: a part of the tensor's own scale.
double first_step(const Array& x, double own) {
  const double size = static_cast<double>(std::max<Index>(1, x.size()));
  return 4e-3 * std::max({std::abs(own), norm(x) / std::sqrt(size), 0.1});
}

/// Holds numbers against each other for one tensor.
class Judge {
 public:
  Judge(const Evidence& evidence, const Array& gradient, double center,
        const CheckGradOptions& options, TensorCheck& out)
      : evidence_(evidence),
        claimed_(gradient),
        gradient_(gradient.to_vector()),
        center_(center),
        options_(options),
        out_(out) {}

  void run() {
    if (!std::ranges::all_of(gradient_, [](double g) { return std::isfinite(g); })) {
      fail("the gradient by the rules holds an infinity or NaN");
    }
    direction();
    for (size_t k = 0; k < evidence_.elements.size(); ++k) {
      element(evidence_.elements[k], evidence_.slopes[k], evidence_.tangents[k]);
    }
    if (failed_) {
      out_.verdict = Verdict::failed;
      if (out_.diagnosis.empty()) {
        out_.diagnosis = diagnose_elements(samples_, gradient_, out_.shape);
      }
      if (out_.diagnosis.empty()) {
        out_.diagnosis = "the gradient and the change of y disagree along a direction";
      }
    } else if (!compared_) {
      out_.verdict = Verdict::inconclusive;
      out_.diagnosis = out_.kinks > 0 || out_.direction_crossed
                           ? "all that is not zero lies on kinks"
                       : unclear_ ? "rounding hides every slope: y is too large beside its changes"
                                  : "both sides are zero everywhere: nothing was compared";
    }
  }

 private:
  void fail(const std::string& why) {
    failed_ = true;
    if (out_.diagnosis.empty()) out_.diagnosis = why;
  }

  void direction() {
    if (gradient_.empty()) return;
    const double analytic = inner_product(evidence_.u, claimed_);
    const double steepness = norm(claimed_);
    const double length = norm(evidence_.u);
    // Nothing here takes a step: what differs is a mistake, at kinks and beside them.
    bool exact_agrees = false;
    const auto exact = [&](const std::optional<double>& other, double& error) {
      if (!other) return;
      const double larger = std::max(steepness * length, std::abs(*other));
      const double noise = 1e-15 * std::max(1.0, std::abs(center_));
      const double difference = std::abs(analytic - *other);
      if (!std::isfinite(*other)) return fail("its tangent is infinite or NaN");
      error = larger <= 100 * noise ? 0.0 : difference / larger;
      if (larger <= options_.atol) return;
      exact_agrees = difference <= kExactBound * larger + noise;
      if (!exact_agrees) failed_ = true;
    };
    exact(evidence_.forward_mode, out_.adjoint_error);
    exact(evidence_.complex_step, out_.complex_error);
    const bool complex_agrees = evidence_.complex_step && exact_agrees;
    if (!evidence_.slope) return;
    const Slope& slope = *evidence_.slope;
    out_.direction_step = slope.step;
    if (!std::isfinite(slope.value)) return without_slope(slope);
    const double larger = std::max(std::abs(analytic), std::abs(slope.value));
    if (larger <= options_.atol) {
      out_.direction_error = 0.0;
      return;
    }
    const double error = std::abs(analytic - slope.value);
    const double tolerance = options_.atol + options_.rtol * larger;
    const double uncertainty = 3 * slope.uncertainty;
    const bool good = error <= tolerance + std::min(uncertainty, 1e-4 * larger);
    if (slope.crossed || (!good && on_kink(slope))) {
      // Of many kinks at once some bend up and some down, so that the slope of one piece need not
      // lie between those to both sides. The complex step stays on the piece, and has spoken.
      out_.direction_crossed = true;
      return;
    }
    if (!good && error <= tolerance + uncertainty) {
      unclear_ = true;  // not compared: it proves nothing
      compared_ = compared_ || complex_agrees;
      return;
    }
    out_.direction_error = error / larger;
    compared_ = true;
    if (!good) failed_ = true;
  }

  void element(Index element, const Slope& slope, const std::optional<double>& tangent) {
    const double analytic = gradient_[static_cast<size_t>(element)];
    ++out_.checked;
    if (!std::isfinite(slope.value)) return without_slope(slope);
    const double larger = std::max(std::abs(analytic), std::abs(slope.value));
    const double error = std::abs(analytic - slope.value);
    const bool flat =
        !slope.crossed || std::max(std::abs(slope.left), std::abs(slope.right)) <= options_.atol;
    if (larger <= options_.atol && flat) {
      ++out_.zeros;
      return;
    }
    const double tolerance = options_.atol + options_.rtol * larger;
    const bool good = !slope.crossed && error <= tolerance + allowance(slope, larger);
    const bool kink = !good && on_kink(slope);
    // The slope of the piece where the point stands is right also where several kinks meet.
    const bool of_piece =
        tangent && std::abs(analytic - *tangent) <=
                       options_.atol + 1e-8 * std::max(larger, std::abs(*tangent));
    if (kink && (of_piece || is_subgradient(slope, analytic, tolerance))) {
      ++out_.kinks;
      out_.kink_position = position_of(element, out_.shape);
      out_.kink_left = slope.left;
      out_.kink_right = slope.right;
      return;
    }
    const bool untold = slope.crossed && !tangent;  // kinks, and nothing that tells their pieces
    if (untold || (!good && !kink && error <= tolerance + 3 * slope.uncertainty)) {
      ++out_.unclear;
      unclear_ = true;
      return;
    }
    samples_.push_back({element, slope.value});
    note(element, analytic, slope, error, error / larger);
    compared_ = true;
    if (!good) failed_ = true;
  }

  // Compared with NaN, any number looks as if it agreed.
  void without_slope(const Slope& slope) {
    out_.numeric = slope.value;
    out_.step = slope.step;
    fail("y is infinite or NaN a step away: its change cannot be measured");
  }

  /// What a difference's uncertainty excuses: nothing where it is not small beside the slope.
  double allowance(const Slope& slope, double larger) const {
    const bool trusted = slope.uncertainty <= 1e-4 * larger + 100 * options_.atol;
    return trusted ? 3 * slope.uncertainty : 0.0;
  }

  void note(Index element, double analytic, const Slope& slope, double error, double relative) {
    out_.worst_absolute = std::max(out_.worst_absolute, error);
    if (relative < out_.worst_relative && !out_.worst_position.empty()) return;
    out_.worst_relative = relative;
    out_.worst_position = position_of(element, out_.shape);
    out_.analytic = analytic;
    out_.numeric = slope.value;
    out_.step = slope.step;
  }

  const Evidence& evidence_;
  const Array& claimed_;
  std::vector<double> gradient_;  // the same, element by element
  double center_;
  const CheckGradOptions& options_;
  TensorCheck& out_;
  bool failed_ = false;
  bool compared_ = false;  // something that is not zero
  bool unclear_ = false;
  std::vector<ElementSample> samples_;
};

}  // namespace

Evidence gather_evidence(Subject& subject, size_t i, const CheckGradOptions& options) {
  Replay& replay = subject.replay();
  const Array& start = subject.start(i);
  const Array& gradient = subject.gradient()[i];
  Random random(options.seed, stream_of(subject.name(i).c_str()));
  Evidence evidence;
  evidence.u = Array::zeros(start.type());
  if (start.size() == 0) return evidence;

  double* const u = evidence.u.data<double>();
  for (Index e = 0; e < start.size(); ++e) u[e] = random.normal();
  const double length = norm(evidence.u);
  const double steepness = norm(gradient);
  const std::vector<double> g = gradient.to_vector();
  const bool usable = steepness > 0.0 && std::isfinite(steepness);
  for (Index e = 0; e < start.size(); ++e) {
    u[e] = u[e] / length + (usable ? g[static_cast<size_t>(e)] / steepness : 0.0);
  }
  if (const auto tangent = replay.tangent(i, evidence.u, evidence.without_complex)) {
    evidence.complex_step = tangent->item();
  }

  const Probe center{subject.center(), subject.center_choices()};
  const auto probe = [&] {
    replay.run_after_moving(i);
    return Probe{replay.output(0).item(), replay.choices()};
  };
  double* const numbers = replay.point(i).data<double>();
  const auto along = [&](double h) {
    subject.move(i, evidence.u, h);
    return probe();
  };
  // All elements move together, so each moves by about the step over the root of their number.
  evidence.slope = difference(
      along, center, first_step(start, 0.0) * std::sqrt(static_cast<double>(start.size())));
  replay.point(i).copy_from(start);

  evidence.elements = chosen(start.size(), affordable(replay, i, options), random);
  const size_t count = evidence.elements.size();
  for (size_t k = 0; k < count; ++k) {
    if (options.stop != nullptr && options.stop->load()) {
      evidence.elements.resize(k);
      break;
    }
    if (options.progress && k > 0 && k % (count / 100 + 1) == 0) {
      options.progress(subject.name(i) + ", element " + std::to_string(k) + " of " +
                       std::to_string(count));
    }
    const Index element = evidence.elements[k];
    const double before = numbers[element];
    const auto moved = [&](double h) {
      numbers[element] = before + h;
      return probe();
    };
    evidence.slopes.push_back(difference(moved, center, first_step(start, before)));
    numbers[element] = before;
    evidence.tangents.emplace_back();
    if (!evidence.slopes.back().crossed) continue;
    replay.run_after_moving(i);
    Array unit = Array::zeros(start.type());
    unit.data<double>()[element] = 1.0;
    std::string without;
    if (const auto tangent = replay.tangent(i, unit, without)) {
      evidence.tangents.back() = tangent->item();
    }
  }
  replay.run_after_moving(i);
  return evidence;
}

void add_forward_mode(Subject& subject, std::span<Evidence> evidence) {
  std::vector<Array> directions;
  for (const Evidence& one : evidence) directions.push_back(one.u);
  const auto slopes = subject.forward_mode(directions);
  for (size_t i = 0; i < evidence.size(); ++i) evidence[i].forward_mode = slopes[i];
}

TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options) {
  TensorCheck tensor;
  tensor.name = subject.name(i);
  tensor.shape = subject.start(i).shape();
  tensor.total = subject.start(i).size();
  tensor.without_complex = evidence.without_complex;
  Judge(evidence, gradient, subject.center(), options, tensor).run();
  return tensor;
}

}  // namespace autonet
