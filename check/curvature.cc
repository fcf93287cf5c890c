#include "check/curvature.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "check/comparison.h"
#include "check/difference.h"
#include "check/noise.h"
#include "check/rounding.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// H u by the recorded rules: the gradient of <gradient, u>.
std::vector<Var> hessian_times(Subject& subject, std::span<const Array> u) {
  std::vector<Var> parts;
  for (size_t i = 0; i < u.size(); ++i) {
    parts.push_back(sum(subject.gradient_calls()[i] * subject.tape().constant(u[i])));
  }
  return grad(accumulate(parts), subject.xs());
}

/// Both sides of <w, H u> = <u, H w>, and how much of each is rounding.
struct SecondDerivatives {
  double left = 0.0;
  double right = 0.0;
  double size = 0.0;  // of the terms
  double rounding = 0.0;
};

SecondDerivatives second_derivatives(Subject& subject, std::span<const Array> u,
                                     std::span<const Array> w, std::uint64_t seed) {
  std::vector<Var> outputs = hessian_times(subject, u);
  const std::vector<Var> hw = hessian_times(subject, w);
  outputs.insert(outputs.end(), hw.begin(), hw.end());
  Rounding rounding(subject.context(), subject.xs(), outputs, subject.points());
  rounding.run();
  const auto sides = [&](const Replay& replay) {
    SecondDerivatives found;
    for (size_t i = 0; i < u.size(); ++i) {
      const Array& hu_i = replay.output(i);
      const Array& hw_i = replay.output(u.size() + i);
      found.left += inner_product(w[i], hu_i);
      found.right += inner_product(u[i], hw_i);
      found.size += norm(w[i]) * norm(hu_i) + norm(u[i]) * norm(hw_i);
    }
    return found;
  };
  SecondDerivatives found = sides(rounding.right());
  const std::vector<double> off = rounding.largest(kF64, seed, 2, [&] {
    const SecondDerivatives disturbed = sides(rounding.disturbed());
    return std::vector<double>{std::abs(disturbed.left - found.left),
                               std::abs(disturbed.right - found.right)};
  });
  found.rounding = off[0] + off[1];
  return found;
}

/// <w, H u> by differences of complex steps. Nothing if an op has no complex step; `without` names
/// it.
std::optional<Slope> slope_of_tangents(Subject& subject, std::span<const Array> u,
                                       std::span<const Array> w, double claimed,
                                       std::string& without) {
  Replay& replay = subject.replay();
  const auto tangent_at = [&](double h) {
    for (size_t i = 0; i < u.size(); ++i) subject.move(i, u[i], h);
    return probe_or_nan([&] {
      replay.run();
      const std::optional<Array> slope = replay.tangent(w, without);
      return Probe{slope ? slope->item() : 0.0, replay.choices()};
    });
  };
  const Probe center = tangent_at(0.0);
  if (!without.empty()) return std::nullopt;
  const Slope slope = difference(tangent_at, center, 1e-3, {claimed, noise_of(tangent_at, 1e-3)});
  tangent_at(0.0);  // back to the start
  return slope;
}

}  // namespace

std::vector<ClaimCheck> check_curvature(const Computation& computation,
                                        const CheckGradOptions& options, Context& context) {
  Subject subject(computation, options.seed, 1, context);
  std::vector<Array> u;
  std::vector<Array> w;
  for (const Array& point : computation.points) {
    const double shrink = 1.0 / std::sqrt(static_cast<double>(point.size() + 1));
    for (auto* const directions : {&u, &w}) {
      const Array r = normal_array(point.type(), options.seed, 900 + u.size() + w.size());
      directions->push_back(scaled(r, shrink));
    }
  }
  const SecondDerivatives found = second_derivatives(subject, u, w, options.seed);
  const double uncertainty = kRoundings * found.rounding;

  ClaimCheck symmetric{.name = "symmetric", .claim = "<w, H u> = <u, H w>", .bound = 1e-10};
  const Agreement same =
      compare(found.left, found.right, found.size, Tolerance::of(symmetric.bound * found.size),
              Doubt::of(uncertainty + kNothing));
  if (same == Agreement::hidden) {
    symmetric.not_compared("the second derivatives are no larger than rounding");
  } else {
    symmetric.compared = 1;
    symmetric.worst = std::abs(found.left - found.right) / found.size;
  }
  if (same == Agreement::disagrees) {
    symmetric.fail("the second derivatives are not symmetric: the derivative of a rule is wrong");
  }

  ClaimCheck curvature{.name = "curvature",
                       .claim = "<w, H u> = slope of the complex step along w",
                       .bound = options.rtol};
  std::string without;
  const std::optional<Slope> slope = slope_of_tangents(subject, u, w, found.left, without);
  const auto not_compared = [&](const std::string& why) {
    curvature.not_compared(why);
    return std::vector<ClaimCheck>{symmetric, curvature};
  };
  if (!slope) return not_compared(without + " has no complex step");
  if (slope->crossed) return not_compared("kinks on every step");
  if (slope->outside) return not_compared("y is infinite or NaN one step away");
  const double larger = std::max({std::abs(found.left), std::abs(slope->value), found.size});
  const Agreement agreement =
      compare(found.left, slope->value, larger, Tolerance::of(larger, options.rtol, options.atol),
              slope->doubt(uncertainty));
  // Two zeros agree here: a curvature of zero is a result too, if it is measured well enough.
  const bool flat = larger <= options.atol && slope->doubt().likely <= options.atol;
  if (agreement == Agreement::hidden && !flat) return not_compared("rounding hides it");
  curvature.compared = 1;
  curvature.worst = larger <= options.atol ? 0.0 : std::abs(found.left - slope->value) / larger;
  if (agreement == Agreement::disagrees) {
    curvature.fail(
        "the derivative of the gradient is not y's: a rule treats as constant what depends on x");
  }
  return {symmetric, curvature};
}

}  // namespace autonet::internal
