#include "check/tangent.h"

#include <algorithm>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// J u of one call by the transpose of its rule.
Array by_transposed_rule(Context& context, const ReplayCall& call, size_t input, const Array& u) {
  Tape tape(context);
  std::vector<Var> in;
  for (const Array& x : call.inputs) in.push_back(tape.variable(x));
  const Var y = tape.record(call.op, in);
  const Var along = tape.constant(u);
  return jvp(y, std::span(&in[input], 1), std::span(&along, 1)).value();
}

/// Carries the directions of points, and those in `of_calls`, to output 0.
Tangent carried(Context& context, const Replay& replay, std::span<const Array> us,
                std::vector<Array> of_calls) {
  Tangent tangent;
  tangent.of_calls = std::move(of_calls);
  const auto of = [&](int made, int point) {
    if (made >= 0) return tangent.of_calls[static_cast<size_t>(made)];
    return point >= 0 && !us.empty() ? us[static_cast<size_t>(point)] : Array();
  };
  for (int k = 0; k <= replay.output_call(); ++k) {
    const ReplayCall& call = replay.calls()[static_cast<size_t>(k)];
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      const int input = static_cast<int>(i);
      const Array u = of(call.makers[i], call.points[i]);
      if (!u.has_data() || !call.op->differentiable(input)) continue;
      std::optional<Array> part = call.op->complex_step(context, call.inputs, input, u);
      if (!part) {
        tangent.rules.emplace(call.op->name(), input);
        part = by_transposed_rule(context, call, i, u);
      }
      Array& total = tangent.of_calls[static_cast<size_t>(k)];
      total = total.has_data() ? moved(total, *part, 1.0) : part->clone();
    }
  }
  const Array answer = of(replay.output_call(), replay.output_point());
  if (answer.has_data()) tangent.value = answer.item();
  return tangent;
}

}  // namespace

Tangent tangent_along(Context& context, const Replay& replay, std::span<const Array> us) {
  return carried(context, replay, us, std::vector<Array>(replay.calls().size()));
}

Tangent tangent_along(Context& context, const Replay& replay, size_t i, const Array& u) {
  std::vector<Array> us(replay.points());
  us[i] = u;
  return tangent_along(context, replay, us);
}

Tangent tangent_from_call(Context& context, const Replay& replay, size_t k, const Array& u) {
  std::vector<Array> of_calls(replay.calls().size());
  of_calls[k] = u;
  return carried(context, replay, {}, std::move(of_calls));
}

std::optional<size_t> where_it_vanishes(const Replay& replay, const Tangent& tangent) {
  const auto zero = [&](size_t k) {
    return !tangent.of_calls[k].has_data() || norm(tangent.of_calls[k]) == 0.0;
  };
  for (size_t k = tangent.of_calls.size(); k-- > 0;) {
    if (!tangent.of_calls[k].has_data() || !zero(k)) continue;
    const std::vector<int>& makers = replay.calls()[k].makers;
    // A call of which no maker has a direction reads the point itself.
    const auto comes_in = [&](int made) { return made >= 0 && !zero(static_cast<size_t>(made)); };
    const auto has_direction = [&](int made) {
      return made >= 0 && tangent.of_calls[static_cast<size_t>(made)].has_data();
    };
    if (std::ranges::any_of(makers, comes_in) || std::ranges::none_of(makers, has_direction)) {
      return k;
    }
  }
  return std::nullopt;
}

}  // namespace autonet::internal
