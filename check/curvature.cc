#include "check/curvature.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "check/attempt.h"
#include "check/comparison.h"
#include "check/rounding.h"
#include "check/tangent.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// <w, H u> by the recorded rules.
struct BilinearForm {
  double value = 0.0;
  double size = 0.0;  // of its terms
  double rounding = 0.0;
};

BilinearForm bilinear_form(Subject& subject, std::span<const Array> u, std::span<const Array> w,
                           std::uint64_t seed) {
  std::vector<Var> parts;
  for (size_t i = 0; i < u.size(); ++i) {
    parts.push_back(sum(subject.gradient_calls()[i] * subject.tape().constant(u[i])));
  }
  const std::vector<Var> hu = grad(accumulate(parts), subject.xs());
  Rounding rounding(subject.context(), subject.xs(), hu, subject.points());
  rounding.run();
  const auto form = [&](const Replay& replay) {
    BilinearForm found;
    for (size_t i = 0; i < w.size(); ++i) {
      found.value += inner_product(w[i], replay.output(i));
      found.size += norm(w[i]) * norm(replay.output(i));
    }
    return found;
  };
  BilinearForm found = form(rounding.right());
  found.rounding = rounding.largest(kF64, seed, 1, [&] {
    return std::vector<double>{std::abs(form(rounding.disturbed()).value - found.value)};
  })[0];
  return found;
}

}  // namespace

ClaimCheck check_curvature(Subject& subject, const CheckGradOptions& options) {
  std::vector<Array> u;
  std::vector<Array> w;
  for (const Array& point : subject.points()) {
    const double shrink = 1.0 / std::sqrt(static_cast<double>(point.size() + 1));
    for (auto* const directions : {&u, &w}) {
      const Array r = normal_array(point.type(), options.seed, 900 + u.size() + w.size());
      directions->push_back(scaled(r, shrink));
    }
  }
  const BilinearForm found = bilinear_form(subject, u, w, options.seed);
  const double doubt = kRoundings * found.rounding + kNothing;
  ClaimCheck curvature{.name = "curvature",
                       .claim = "<w, H u> = slope of the complex step along w",
                       .bound = options.rtol};
  std::string without;
  const std::uint64_t choices = subject.replay().choices();
  const Differences differences(
      [&](double h) -> std::optional<Array> {
        std::optional<Array> slope;
        error_of([&] {
          subject.move(u, h);
          if (subject.replay().choices() != choices) return;  // beyond a kink
          const Tangent tangent = tangent_along(subject.context(), subject.replay(), w);
          if (without.empty()) without = tangent.without;
          slope = Array::scalar(tangent.value, DType::f64);
        });
        return slope;
      },
      kFirstStep);
  subject.move(u, 0.0);
  const Slope slope = differences.empty() ? Slope{} : differences.of(0, found.value);
  const double larger = std::max({std::abs(found.value), std::abs(slope.value), found.size});
  const Agreement agreement =
      compare(found.value, slope.value, larger, Tolerance::of(larger, options.rtol, options.atol),
              slope.doubt + doubt);
  // Two zeros agree here: a curvature of zero is a result too, if it is measured well enough.
  const bool flat = larger <= options.atol && slope.doubt <= options.atol;
  if (!without.empty()) {
    curvature.details = without + " has no complex step";
  } else if (slope.kind != Slope::Kind::smooth) {
    curvature.details = "kinks on every step, or y has no value one step away";
  } else if (agreement == Agreement::hidden && !flat) {
    curvature.details = "rounding hides it";
  } else {
    curvature.compared = 1;
    curvature.worst = larger <= options.atol ? 0.0 : std::abs(found.value - slope.value) / larger;
    if (agreement == Agreement::disagrees) {
      curvature.fail(
          "the derivative of the gradient is not y's: a rule treats as constant what depends on x");
    }
  }
  return curvature;
}

}  // namespace autonet::internal
