#include "check/exact.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/patches.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/comparison.h"
#include "check/local_call.h"
#include "check/vectors.h"
#include "ops/recognize.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// Whole numbers from -3 to 3.
Array whole_numbers(const ArrayType& type, Random& random) {
  return mapped(Array::zeros(type),
                [&](double) { return static_cast<double>(random.below(7)) - 3.0; });
}

bool all_whole(const Array& x) {
  return std::ranges::all_of(x.to_vector(),
                             [](double v) { return std::isfinite(v) && v == std::floor(v); });
}

/// Both sides of the identity.
struct Sides {
  double left = 0.0;   // <v, op(u)>
  double right = 0.0;  // <rule(v), u>
};

/// Whole numbers from 1 to 3 with the signs of x, so that they probably lie in the same domain.
Array whole_numbers_like(const Array& x, Random& random) {
  return mapped(x, [&](double number) {
    return std::copysign(static_cast<double>(random.below(3)) + 1.0, number);
  });
}

/// Both sides for the call on whole numbers; nothing if its results are not whole.
std::optional<Sides> drawn_sides(Context& context, const ReplayCall& call, size_t input,
                                 Random& random) {
  ReplayCall drawn = call;
  for (size_t k = 0; k < drawn.inputs.size(); ++k) {
    // Labels and choices stay as they are, as other numbers may not be valid ones.
    if (!call.op->differentiable(static_cast<int>(k))) continue;
    drawn.inputs[k] = k == input ? whole_numbers(drawn.inputs[k].type(), random)
                                 : whole_numbers_like(drawn.inputs[k], random);
  }
  const Array v = whole_numbers(call.output.type(), random);
  std::optional<Array> xbar;
  const auto error = error_of([&] {
    drawn.output = compute(*call.op, context, drawn.inputs, call.output.type());
    if (all_whole(drawn.output)) {
      xbar = (*LocalRule::record(context, drawn, static_cast<int>(input)))(v);
    }
  });
  // The numbers left the domain of another input, or the results are not whole (a mean).
  if (error || !xbar) return std::nullopt;
  const Array& u = drawn.inputs[input];
  const Sides sides{inner_product(v, drawn.output), inner_product(*xbar, u)};
  // Not a mistake: a mean whose sum happened to divide evenly, or a rule that rounds on its way.
  const double rounding = kWholeRounding * norm(*xbar) * norm(u);
  if (!all_whole(*xbar) && std::abs(sides.left - sides.right) <= rounding) return std::nullopt;
  return sides;
}

/// y and the gradients of <v, y> by x and by w.
std::vector<Array> value_and_gradients(Context& context, const Array& x, const Array& w,
                                       const Array& v, Var (*method)(Var, Var, const Window&),
                                       const Window& window) {
  Tape tape(&context);
  const std::vector<Var> in{tape.variable(x), tape.variable(w)};
  const Var y = method(in[0], in[1], window);
  const std::vector<Var> bars = vjp(y, in, tape.variable(v));
  return {y.value(), bars[0].value(), bars[1].value()};
}

}  // namespace

ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options, bool brief) {
  const int draws = brief ? 1 : 3;
  ClaimCheck check{.name = "exact", .claim = "whole numbers: <v, op(u)> = <rule(v), u>"};
  Random random(options.seed, stream_of("check/exact"));
  for (const ReplayCall& call : subject.replay().calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      const int input = static_cast<int>(i);
      if (options.stopped()) break;
      if (!call.reached[i] || !call.op->linear_in(input)) continue;
      if (brief && as_conv2d(*call.op)) continue;
      // <v, op(u)> - <rule(v), u> is a polynomial of low degree d in the numbers drawn. If it is
      // not the zero polynomial, it is zero in one draw with probability at most d / 7, as each
      // number has seven values (J. Schwartz, 1980). With many numbers it is far less.
      bool whole = true;
      for (int draw = 0; draw < draws && whole; ++draw) {
        const std::optional<Sides> sides = drawn_sides(subject.context(), call, i, random);
        whole = sides.has_value();
        if (!sides || sides->left == sides->right) continue;
        check.worst = worse(check.worst, std::abs(sides->left - sides->right));
        if (check.verdict == Verdict::failed) continue;
        check.fail(text::concat(name_of_call(call), ", input ", input, ": <v, op(u)> is ",
                                text::significant(sides->left, 6), ", <rule(v), u> is ",
                                text::significant(sides->right, 6)));
      }
      check.compared += whole ? 1 : 0;
    }
  }
  return check;
}

ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check{.name = "two methods", .claim = "both methods of conv2d, on whole numbers"};
  Random random(options.seed, stream_of("check/methods"));
  const auto slide = [](Var x, Var w, const Window& window) { return conv2d(x, w, window); };
  for (const ReplayCall& call : subject.replay().calls()) {
    const std::optional<PatchCall> patches = as_gather_patches(*call.op);
    const std::optional<ConvCall> conv = as_conv2d(*call.op);
    if (call.of_rule || (!patches && !conv)) continue;
    const Window window = patches ? patches->window : conv->window;
    const Array x = whole_numbers(call.inputs[0].type(), random);
    // With gathered patches the weights belong to another call: any weights will do.
    const Shape kernel = patches
                             ? Shape{patches->kernel.rows, patches->kernel.cols, x.shape()[3], 2}
                             : call.inputs[1].shape();
    const Array w = whole_numbers({kernel, x.dtype()}, random);
    const Shape y = patches ? call.output.shape().with(3, 2) : call.output.shape();
    const Array v = whole_numbers({y, x.dtype()}, random);
    const auto slid = value_and_gradients(subject.context(), x, w, v, slide, window);
    const auto gathered = value_and_gradients(subject.context(), x, w, v, conv2d_patches, window);
    ++check.compared;
    const char* const parts[] = {"the output", "the input's gradient", "the weights' gradient"};
    for (size_t part = 0; part < 3; ++part) {
      const std::vector<double> a = slid[part].to_vector();
      const std::vector<double> b = gathered[part].to_vector();
      for (size_t k = 0; k < a.size(); ++k) {
        if (a[k] == b[k]) continue;
        check.worst = worse(check.worst, std::abs(a[k] - b[k]));
        if (check.verdict == Verdict::failed) continue;
        check.fail(text::concat(name_of_call(call), ", ", parts[part], " at ",
                                position_text(static_cast<Index>(k), slid[part].shape()), ": ",
                                text::significant(a[k], 6), " by sliding, ",
                                text::significant(b[k], 6), " by patches"));
      }
    }
  }
  return check;
}

}  // namespace autonet::internal
