#include "check/exact.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <optional>

#include "autograd/grad.h"
#include "autograd/random.h"
#include "check/comparison.h"
#include "check/diagnosis.h"
#include "check/local_call.h"
#include "ops/conv2d.h"
#include "ops/patches.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// Whole numbers from -3 to 3.
Array whole_numbers(const ArrayType& type, Random& random) {
  std::vector<double> numbers(static_cast<size_t>(type.shape.size()));
  for (double& number : numbers) number = static_cast<double>(random.below(7)) - 3.0;
  return Array::from<double>(type.shape, numbers).to(type.dtype);
}

bool all_whole(const Array& x) {
  return std::ranges::all_of(x.to_vector(), [](double v) {
    return std::isfinite(v) && v == std::floor(v);  // a quotient by zero is not
  });
}

/// Both sides of the identity.
struct Sides {
  double left = 0.0;   // <v, op(u)>
  double right = 0.0;  // <rule(v), u>
};

/// Whole numbers from 1 to 3 with the signs that x has, so that they lie in what domain there is.
Array whole_numbers_like(const Array& x, Random& random) {
  std::vector<double> numbers = x.to_vector();
  for (double& number : numbers) {
    number = std::copysign(static_cast<double>(random.below(3)) + 1.0, number);
  }
  return Array::from<double>(x.shape(), numbers).to(x.dtype());
}

/// The same call on whole numbers; nothing where its results are not whole.
std::optional<Sides> drawn_sides(Context& context, const ReplayCall& call, size_t input,
                                 Random& random) {
  ReplayCall drawn = call;
  for (size_t k = 0; k < drawn.inputs.size(); ++k) {
    // Labels and choices stay as they are: any other number may be none.
    if (!call.op->differentiable(static_cast<int>(k))) continue;
    drawn.inputs[k] = k == input ? whole_numbers(drawn.inputs[k].type(), random)
                                 : whole_numbers_like(drawn.inputs[k], random);
  }
  const Array v = whole_numbers(call.output.type(), random);
  Array xbar;
  try {
    drawn.output = compute(*call.op, context, drawn.inputs, call.output.type());
    if (!all_whole(drawn.output)) return std::nullopt;  // a mean
    xbar = (*LocalRule::record(context, drawn, static_cast<int>(input)))(v);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return std::nullopt;  // out of the domain of an input beside
  }
  const Array& u = drawn.inputs[input];
  const Sides sides{inner_product(v, drawn.output), inner_product(xbar, u)};
  // A mean whose sum happened to divide evenly, or a rule that rounds on its way: no mistake.
  const double rounding = 1e-13 * norm(xbar) * norm(u);
  if (!all_whole(xbar) && std::abs(sides.left - sides.right) <= rounding) return std::nullopt;
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

ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check;
  check.name = "exact";
  check.claim = "whole numbers: <v, op(u)> = <rule(v), u>";
  Random random(options.seed, stream_of("check/exact"));
  for (const ReplayCall& call : subject.replay().calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      const int input = static_cast<int>(i);
      if (options.stopped()) break;
      if (!subject.replay().reached(call, i) || !call.op->linear_in(input)) continue;
      // <v, op(u)> - <rule(v), u> is a polynomial of low degree in what is drawn: if it is not
      // zero, one draw of seven numbers finds it zero with a chance of its degree in 7 (J.
      // Schwartz, 1980), and where many numbers are drawn hardly ever.
      bool whole = true;
      for (int draw = 0; draw < 3 && whole; ++draw) {
        const std::optional<Sides> sides = drawn_sides(subject.context(), call, i, random);
        whole = sides.has_value();
        if (!sides || sides->left == sides->right) continue;
        check.worst = worse(check.worst, std::abs(sides->left - sides->right));
        check.verdict = Verdict::failed;
        if (!check.details.empty()) continue;
        check.details = name_of_call(call) + ", the rule for input " + std::to_string(input) +
                        ": " + short_text(sides->left) + " and " + short_text(sides->right);
      }
      check.compared += whole ? 1 : 0;
    }
  }
  if (check.compared == 0 && check.verdict == Verdict::passed) {
    check.verdict = Verdict::inconclusive;
    check.details = options.stopped() ? "not compared: stopped"
                                      : "not compared: no op is linear with whole results";
  }
  return check;
}

ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check;
  check.name = "two methods";
  check.claim = "whole numbers: convolved by both methods";
  Random random(options.seed, stream_of("check/methods"));
  const auto slide = [](Var x, Var w, const Window& window) { return conv2d(x, w, window); };
  for (const ReplayCall& call : subject.replay().calls()) {
    const std::optional<PatchCall> patches = as_gather_patches(*call.op);
    const std::optional<ConvCall> conv = as_conv2d(*call.op);
    if (call.of_rule || (!patches && !conv)) continue;
    const Window window = patches ? patches->window : conv->window;
    const Array x = whole_numbers(call.inputs[0].type(), random);
    // Of gathered patches the weights are in another call: any will do.
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
        check.verdict = Verdict::failed;
        if (!check.details.empty()) continue;
        check.details = name_of_call(call) + ", " + parts[part] + " at " +
                        position_text(position_of(static_cast<Index>(k), slid[part].shape())) +
                        ": " + short_text(a[k]) + " slid, " + short_text(b[k]) + " by patches";
      }
    }
  }
  return check;
}

}  // namespace autonet
