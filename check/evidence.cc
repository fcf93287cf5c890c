#include "check/evidence.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/noise.h"
#include "check/rounding.h"
#include "check/selection.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// The number of elements of point i that the options allow: at least 4, unless max_elements is
/// less.
Index affordable(const Replay& replay, size_t i, const CheckGradOptions& options) {
  if (options.element_work <= 0.0) return options.max_elements;
  constexpr double kProbes = 7.0;  // about how often y is computed for the slope of one element
  const double one = kProbes * replay.work_after_moving(i);
  const double count = std::max(4.0, options.element_work / one);
  return std::min(options.max_elements, static_cast<Index>(std::min(count, 1e15)));
}

}  // namespace

Evidence gather_evidence(Subject& subject, size_t i, const CheckGradOptions& options) {
  Replay& replay = subject.replay();
  const Array& start = subject.start(i);
  const Array& gradient = subject.gradient()[i];
  const std::uint64_t stream = stream_of(subject.name(i).c_str());
  Random random(options.seed, stream + 1);
  Evidence evidence;
  evidence.u = Array::zeros(start.type());
  if (start.size() == 0) return evidence;

  evidence.u = steep_direction(normal_array(start.type(), options.seed, stream), gradient);
  if (const auto tangent = replay.tangent(i, evidence.u, evidence.without_complex)) {
    evidence.complex_step = tangent->item();
  }

  const Probe center{subject.center(), subject.center_choices()};
  const auto probe = [&] {
    return probe_or_nan([&] {
      replay.run_after_moving(i);
      return Probe{replay.output(0).item(), replay.choices()};
    });
  };
  double* const numbers = replay.point(i).data<double>();
  const auto along = [&](double h) {
    subject.move(i, evidence.u, h);
    return probe();
  };
  // All elements move at once, each by about the step divided by the square root of their number.
  const double step = first_step(start) * std::sqrt(static_cast<double>(start.size()));
  const std::vector<double> g = gradient.to_vector();
  Expected expected{inner_product(gradient, evidence.u), noise_of(along, step),
                    placing_rounding(start, gradient)};
  evidence.slope = difference(along, center, step, expected);
  replay.point(i).copy_from(start);

  evidence.elements = drawn(start.size(), affordable(replay, i, options), random);
  const size_t count = evidence.elements.size();
  for (size_t k = 0; k < count; ++k) {
    if (options.stopped()) {
      evidence.elements.resize(k);
      break;
    }
    if (options.progress && k > 0 && k % (count / 100 + 1) == 0) {
      options.progress(text::concat(subject.name(i), ", element ", k, " of ", count));
    }
    const Index element = evidence.elements[k];
    const double before = numbers[element];
    expected.slope = g[static_cast<size_t>(element)];
    expected.placing = kHalfPlace * std::abs(before * expected.slope);
    const auto moved = [&](double h) {
      numbers[element] = before + h;
      return probe();
    };
    evidence.slopes.push_back(difference(moved, center, first_step(start, before), expected));
    numbers[element] = before;
    evidence.tangents.emplace_back();
    if (!evidence.slopes.back().crossed) continue;
    replay.run_after_moving(i);
    std::string without;
    if (const auto tangent = replay.tangent(i, unit_array(start.type(), element), without)) {
      evidence.tangents.back() = tangent->item();
    }
  }
  replay.run_after_moving(i);
  return evidence;
}

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

void add_rounding(Subject& subject, std::span<Evidence> evidence, std::uint64_t seed) {
  const size_t count = evidence.size();
  if (count == 0) return;
  Rounding rounding(subject.context(), subject.xs(), subject.gradient_calls(), subject.points());
  rounding.run();
  const std::vector<double> deviations = rounding.largest(kF64, seed, 2 * count, [&] {
    std::vector<double> found;
    for (size_t i = 0; i < count; ++i) {
      const Array& u = evidence[i].u;
      const Array off = moved(rounding.disturbed().output(i), rounding.right().output(i), -1.0);
      double most = 0.0;
      for (const double element : off.to_vector()) {
        if (!(std::abs(element) <= most)) most = std::abs(element);
      }
      found.push_back(u.has_data() ? std::abs(inner_product(off, u)) : 0.0);
      found.push_back(most);
    }
    return found;
  });
  for (size_t i = 0; i < count; ++i) {
    evidence[i].rounding = deviations[2 * i];
    evidence[i].element_rounding = deviations[2 * i + 1];
  }
}

void add_tangent_rounding(Subject& subject, size_t i, Evidence& evidence, std::uint64_t seed) {
  const auto measured = [&](Var output, const std::function<double(const Replay&)>& number) {
    Rounding rounding(subject.context(), subject.xs(), std::span(&output, 1), subject.points());
    rounding.run();
    const double right = number(rounding.right());
    return rounding.largest(kF64, seed, 1, [&] {
      return std::vector<double>{std::abs(number(rounding.disturbed()) - right)};
    })[0];
  };
  if (evidence.complex_step) {
    evidence.complex_rounding = measured(subject.y(), [&](const Replay& replay) {
      std::string without;
      return replay.tangent(i, evidence.u, without)->item();
    });
  }
  if (evidence.forward_mode) {
    evidence.forward_rounding = measured(
        *evidence.forward_call, [](const Replay& replay) { return replay.output(0).item(); });
  }
}

}  // namespace autonet::internal
