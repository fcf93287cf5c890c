#include "check/claims.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/patches.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/difference.h"
#include "check/limits.h"
#include "check/rounding.h"
#include "check/tangent.h"
#include "check/vectors.h"
#include "ops/recognize.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_bits(const Array& a, const Array& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.type().bytes()) == 0;
}

/// A direction of all points, of about their size.
std::vector<Array> direction_of_all(const Subject& subject, std::uint64_t seed) {
  std::vector<Array> u;
  for (size_t i = 0; i < subject.size(); ++i) {
    const Array r = normal_array(subject.points[i].type(), seed, 800 + i);
    u.push_back(scaled(r, first_step(subject.points[i]) / kFirstStep));
  }
  return u;
}

/// Compares a claimed derivative with differences of `number` along u, a direction of all points.
/// Nothing is compared beyond kinks, or where rounding hides the slope. If both are zero, that is a
/// result where `zero_counts`. `doubt` returns how far off the claimed number may be by rounding.
void compare_slopes(Subject& subject, std::span<const Array> u, double claimed,
                    const std::function<double()>& number, bool zero_counts,
                    const std::function<double()>& doubt, const CheckGradOptions& options,
                    ClaimCheck& check) {
  const std::uint64_t choices = subject.replay->choices();
  const Differences differences(
      [&](double h) -> std::optional<Array> {
        std::optional<Array> found;
        error_of([&] {
          subject.move(u, h);
          if (subject.replay->choices() == choices) found = Array::scalar(number(), DType::f64);
        });
        return found;
      },
      kFirstStep);
  subject.move(u, 0.0);
  const Slope slope = differences.empty() ? Slope{} : differences.of(0);
  check.details = "not compared: rounding hides the slope, or the point lies on kinks";
  if (slope.kind != Slope::Kind::smooth) return;
  const double size = std::max(std::abs(claimed), std::abs(slope.value));
  Agreement found = compare(claimed, slope.value, size, options.rtol, slope.doubt);
  if (found == Agreement::disagrees) {
    found = compare(claimed, slope.value, size, options.rtol, slope.doubt + doubt());
  }
  const bool zero = size <= options.atol && slope.doubt <= options.atol;
  if (zero ? !zero_counts : found == Agreement::hidden) return;
  check.details.clear();
  check.compared = 1;
  check.worst = zero ? 0.0 : std::abs(claimed - slope.value) / size;
  if (zero || found == Agreement::agrees) return;
  check.fail(text::concat("along a direction of all points y changes by ",
                          text::significant(slope.value, 6), ", by the rules ",
                          text::significant(claimed, 6)));
}

/// y and the gradients of <v, y> by x and by w.
std::vector<Array> value_and_gradients(Context& context, const Array& x, const Array& w,
                                       const Array& v, Var (*method)(Var, Var, const Window&),
                                       const Window& window) {
  Tape tape(context);
  const std::vector<Var> in{tape.variable(x), tape.variable(w)};
  const Var y = method(in[0], in[1], window);
  const std::vector<Var> bars = vjp(y, in, tape.variable(v));
  return {y.value(), bars[0].value(), bars[1].value()};
}

}  // namespace

ClaimCheck check_repeatable(Subject& subject, const Computation& computation,
                            const CheckGradOptions& options, int order) {
  const int threads = subject.context.threads() == 1 ? 2 : 1;
  ClaimCheck check{.name = "repeatable",
                   .claim = text::concat("the same bits again, also on ", threads,
                                         threads == 1 ? " thread" : " threads")};
  const auto differs = [&](const std::string& what) {
    check.fail(what + "; fix random masks and states");
    return check;
  };
  subject.replay->run();
  if (!same_bits(subject.center, subject.replay->output(0).item())) {
    return differs("two forward passes differ");
  }
  Context context(threads);
  Subject other(computation, options.seed, order, context);
  check.compared = 1 + static_cast<Index>(subject.size());
  if (!same_bits(subject.center, other.center)) {
    return differs("y is different when recorded again");
  }
  for (size_t i = 0; i < subject.size(); ++i) {
    if (same_bits(subject.gradient()[i], other.gradient()[i])) continue;
    differs("the gradient of " + subject.names[i] + " is different when recorded again");
  }
  return check;
}

ClaimCheck check_differences(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check{.name = "differences",
                   .claim = "y changes by <gradient, u> along one direction u of all",
                   .bound = options.rtol};
  const std::vector<Array> u = direction_of_all(subject, options.seed);
  double claimed = 0.0;
  for (size_t i = 0; i < u.size(); ++i) {
    claimed += inner_product(subject.gradient()[i], u[i]);
  }
  compare_slopes(
      subject, u, claimed, [&] { return subject.replay->output(0).item(); }, false,
      [] { return 0.0; }, options, check);
  return check;
}

ClaimCheck check_curvature(Subject& first, Subject& second, const CheckGradOptions& options) {
  ClaimCheck check{.name = "curvature",
                   .claim = "<c, H u> = slope of the complex step along c",
                   .bound = options.rtol};
  Context& context = first.context;
  const std::vector<Array> u = direction_of_all(first, options.seed);
  const auto along_c = [&] { return tangent_along(context, *first.replay, second.cotangents); };
  if (const Tangent tangent = along_c(); !tangent.rules.empty()) {
    check.details = tangent.rules.begin()->first + " has no complex step";
    return check;
  }
  const double claimed = tangent_along(context, *second.replay, u).value;
  const auto doubt = [&] {
    const Var y = second.y;
    Rounding rounding(context, second.xs, std::span(&y, 1), second.points);
    rounding.run();
    return kRoundings * rounding.largest(kF64, options.seed, 1, [&] {
      const double disturbed = tangent_along(context, rounding.disturbed(), u).value;
      return std::vector<double>{std::abs(disturbed - claimed)};
    })[0];
  };
  compare_slopes(
      first, u, claimed, [&] { return along_c().value; }, true, doubt, options, check);
  if (check.verdict == Verdict::failed) {
    check.details =
        "the derivative of the gradient is not y's: a rule treats as constant what depends on x";
  }
  return check;
}

ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check{.name = "two methods", .claim = "both methods of conv2d, on whole numbers"};
  Random random(options.seed, stream_of("check/methods"));
  const auto slide = [](Var x, Var w, const Window& window) { return conv2d(x, w, window); };
  for (const ReplayCall& call : subject.replay->calls()) {
    const std::optional<PatchCall> patches = as_gather_patches(*call.op);
    const std::optional<ConvCall> conv = as_conv2d(*call.op);
    if (call.of_rule || (!patches && !conv)) continue;
    const Window window = patches ? patches->window : conv->window;
    const DType dtype = call.output.dtype();
    // With gathered patches the weights belong to another call: any weights will do.
    const Shape kernel =
        patches ? Shape{patches->kernel.rows, patches->kernel.cols, call.inputs[0].shape()[3], 2}
                : call.inputs[1].shape();
    const Array x = whole_numbers(call.inputs[0].type(), random);
    const Array w = whole_numbers({kernel, dtype}, random);
    const Shape y = patches ? call.output.shape().with(3, 2) : call.output.shape();
    const Array v = whole_numbers({y, dtype}, random);
    const auto slid = value_and_gradients(subject.context, x, w, v, slide, window);
    const auto gathered = value_and_gradients(subject.context, x, w, v, conv2d_patches, window);
    ++check.compared;
    const char* const parts[] = {"the output", "the input's gradient", "the weights' gradient"};
    for (size_t part = 0; part < 3; ++part) {
      const std::vector<double> a = slid[part].to_vector();
      const std::vector<double> b = gathered[part].to_vector();
      const auto [p, q] = std::ranges::mismatch(a, b);
      if (p == a.end()) continue;
      const auto at = static_cast<Index>(p - a.begin());
      check.worst = worse(check.worst, std::abs(*p - *q));
      if (check.verdict == Verdict::failed) continue;
      check.fail(text::concat(name_of_call(call), ", ", parts[part], " at ",
                              position_text(at, slid[part].shape()), ": ", text::significant(*p, 6),
                              " by sliding, ", text::significant(*q, 6), " by patches"));
    }
  }
  return check;
}

}  // namespace autonet::internal
