#include "check/tangent.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "autonet/autograd/random.h"
#include "check/attempt.h"
#include "check/limits.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

/// One pass over the calls, which carries a direction to output 0.
class Pass {
 public:
  Pass(Context& context, const Replay& replay, Tangent& tangent)
      : context_(context), replay_(replay), tangent_(tangent), along_(replay.calls().size()) {}

  double run(std::span<const Array> us) {
    const auto of = [&](const ReplayCall& call, size_t input) -> const Array& {
      static const Array kStill;
      const int point = call.points[input];
      const int maker = call.makers[input];
      if (point >= 0) return us.empty() ? kStill : us[static_cast<size_t>(point)];
      return maker >= 0 ? along_[static_cast<size_t>(maker)] : kStill;
    };
    for (size_t k = 0; k < replay_.calls().size(); ++k) {
      const ReplayCall& call = replay_.calls()[k];
      for (size_t input = 0; input < call.inputs.size(); ++input) {
        if (!call.op->differentiable(static_cast<int>(input))) continue;
        const Array& u = of(call, input);
        if (u.has_data()) add(along_[k], passed_on(k, input, u));
      }
    }
    const int made = replay_.output_call();
    const int point = replay_.output_point();
    const Array& answer = made >= 0                   ? along_[static_cast<size_t>(made)]
                          : point >= 0 && !us.empty() ? us[static_cast<size_t>(point)]
                                                      : Array();
    return answer.has_data() ? answer.item() : 0.0;
  }

  /// The same for errors in the outputs of calls instead of directions of the points.
  void inject(std::vector<Array> errors) { along_ = std::move(errors); }
  /// How far off the differences taken in the last run may be; those at kinks and others.
  std::vector<Array> errors = {};
  Index kinks = 0;
  bool unknown = false;

 private:
  static void add(Array& total, const Array& part) {
    total = total.has_data() ? moved(total, part, 1.0) : part.clone();
  }

  Array passed_on(size_t k, size_t input, const Array& u) {
    const ReplayCall& call = replay_.calls()[k];
    if (auto exact = call.op->complex_step(context_, call.inputs, static_cast<int>(input), u)) {
      return *exact;
    }
    if (tangent_.without.empty()) tangent_.without = call.op->name();
    const Differences differences = differences_of(context_, call, input, u);
    std::vector<double> slopes(static_cast<size_t>(call.output.size()), 0.0);
    std::vector<double> doubts = slopes;
    for (size_t n = 0; n < slopes.size(); ++n) {
      const Slope slope = differences.empty() ? Slope{} : differences.of(n);
      slopes[n] = slope.value;
      doubts[n] = slope.doubt;
      if (slope.kind == Slope::Kind::kink) {
        ++kinks;
        doubts[n] = std::abs(slope.right - slope.left) / 2;
      }
      unknown = unknown || slope.kind == Slope::Kind::unknown;
    }
    errors.resize(replay_.calls().size());
    add(errors[k], Array::from<double>(call.output.shape(), doubts));
    return Array::from<double>(call.output.shape(), slopes);
  }

  Context& context_;
  const Replay& replay_;
  Tangent& tangent_;
  std::vector<Array> along_;  // the direction in the output of each call; without data: zero
};

}  // namespace

Differences differences_of(Context& context, const ReplayCall& call, size_t input, const Array& u) {
  const auto at = [&](double h) -> std::optional<Array> {
    std::vector<Array> inputs = call.inputs;
    inputs[input] = moved(inputs[input], u, h);
    Array y = Array::uninitialized(call.output.type());
    if (error_of([&] { call.op->forward(context, inputs, y); })) return std::nullopt;
    return y;
  };
  return {at, first_step(call.inputs[input])};
}

Tangent tangent_along(Context& context, const Replay& replay, std::span<const Array> us) {
  Tangent tangent;
  Pass pass(context, replay, tangent);
  tangent.value = pass.run(us);
  if (pass.errors.empty()) return tangent;
  tangent.on_kink = pass.kinks > 0;
  // Where several kinks meet, how far they reach together depends on the signs on the way.
  if (pass.kinks > 1 || pass.unknown) {
    tangent.doubt = kUnlimited;
    return tangent;
  }
  // A single kink reaches as far as its error does; other errors are of random signs.
  const int runs = pass.kinks == 1 ? 1 : kRoundingRuns;
  double squares = 0.0;
  Random random(1, stream_of("check/tangent"));
  for (int run = 0; run < runs; ++run) {
    std::vector<Array> errors = pass.errors;
    for (Array& error : errors) {
      if (!error.has_data() || pass.kinks == 1) continue;
      error = mapped(error, [&](double doubt) { return doubt * random.normal(); });
    }
    Pass of_errors(context, replay, tangent);
    of_errors.inject(std::move(errors));
    const double error = of_errors.run({});
    squares += error * error / runs;
  }
  tangent.doubt = (pass.kinks == 1 ? 1.01 : 3.0) * std::sqrt(squares);
  if (!std::isfinite(tangent.doubt)) tangent.doubt = kUnlimited;
  return tangent;
}

Tangent tangent_along(Context& context, const Replay& replay, size_t i, const Array& u) {
  std::vector<Array> us(replay.points());
  us[i] = u;
  return tangent_along(context, replay, us);
}

}  // namespace autonet::internal
