#include "check/curvature.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autograd/accumulate.h"
#include "autograd/grad.h"
#include "check/difference.h"
#include "check/subject.h"

namespace autonet {
namespace {

/// H u by the recorded rules: the sum of the vjps of the gradient's parts.
std::vector<Array> hessian_times(Subject& subject, std::span<const Var> gradient,
                                 std::span<const Array> u) {
  std::vector<std::vector<Var>> terms(u.size());
  for (size_t i = 0; i < u.size(); ++i) {
    const std::vector<Var> part = vjp(gradient[i], subject.xs(), subject.tape().constant(u[i]));
    for (size_t k = 0; k < part.size(); ++k) terms[k].push_back(part[k]);
  }
  std::vector<Var> sums;
  for (const std::vector<Var>& of_point : terms) sums.push_back(accumulate(of_point));
  return subject.evaluate(sums);
}

/// <w, H u> by differences of complex steps; nothing if an op has none, named in `without`.
std::optional<Slope> slope_of_tangents(Subject& subject, std::span<const Array> u,
                                       std::span<const Array> w, std::string& without) {
  Replay& replay = subject.replay();
  const auto tangent_at = [&](double h) {
    for (size_t i = 0; i < u.size(); ++i) subject.move(i, u[i], h);
    replay.run();
    Probe probe{0.0, replay.choices()};
    for (size_t i = 0; i < w.size() && without.empty(); ++i) {
      const std::optional<Array> part = replay.tangent(i, w[i], without);
      if (part) probe.value += part->item();
    }
    return probe;
  };
  const Probe center = tangent_at(0.0);
  if (!without.empty()) return std::nullopt;
  const Slope slope = difference(tangent_at, center, 1e-3);
  tangent_at(0.0);  // back to the start
  return slope;
}

}  // namespace

std::vector<ClaimCheck> check_curvature(const Recording& f, std::span<const Array> points,
                                        std::span<const std::string> names,
                                        const CheckGradOptions& options, Context& context) {
  Subject subject(f, points, names, options.seed, 1, context);
  std::vector<Array> u;
  std::vector<Array> w;
  for (size_t i = 0; i < points.size(); ++i) {
    const double shrink = 1.0 / std::sqrt(static_cast<double>(points[i].size() + 1));
    for (auto* const directions : {&u, &w}) {
      Array direction = normal_array(points[i].type(), options.seed, 900 + u.size() + w.size());
      for (Index e = 0; e < direction.size(); ++e) direction.data<double>()[e] *= shrink;
      directions->push_back(direction);
    }
  }
  const std::vector<Var> gradient = grad(subject.y(), subject.xs());
  const std::vector<Array> hu = hessian_times(subject, gradient, u);
  const std::vector<Array> hw = hessian_times(subject, gradient, w);
  double left = 0.0;
  double right = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < points.size(); ++i) {
    left += inner_product(w[i], hu[i]);
    right += inner_product(u[i], hw[i]);
    size += norm(w[i]) * norm(hu[i]) + norm(u[i]) * norm(hw[i]);
  }

  ClaimCheck symmetric;
  symmetric.name = "symmetric";
  symmetric.claim = "<w, H u> = <u, H w>";
  symmetric.bound = 1e-10;
  symmetric.compared = 1;
  symmetric.worst = size == 0.0 ? 0.0 : std::abs(left - right) / size;
  if (!(symmetric.worst <= symmetric.bound)) {
    symmetric.verdict = Verdict::failed;
    symmetric.details = "the derivative of a rule is not the rule's derivative";
  }

  ClaimCheck curvature;
  curvature.name = "curvature";
  curvature.claim = "<w, H u> is the slope along u of the complex step along w";
  curvature.bound = options.rtol;
  std::string without;
  const std::optional<Slope> slope = slope_of_tangents(subject, u, w, without);
  if (!slope || slope->crossed) {
    curvature.verdict = Verdict::inconclusive;
    curvature.details =
        !slope ? "not compared: " + without + " has no complex step" : "not compared: kinks";
    return {symmetric, curvature};
  }
  const double larger = std::max({std::abs(left), std::abs(slope->value), size});
  const double error = std::abs(left - slope->value);
  curvature.compared = 1;
  curvature.worst = larger <= options.atol ? 0.0 : error / larger;
  if (!(error <= options.atol + options.rtol * larger + 3 * slope->uncertainty)) {
    curvature.verdict = Verdict::failed;
    curvature.details =
        "the gradient by the rules bends otherwise than y does: a rule holds still "
        "what it depends on";
  }
  return {symmetric, curvature};
}

}  // namespace autonet
