#include "check/tangent.h"

#include <vector>

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

/// Carries directions to output 0. `along` has those in the results of calls, zero without data.
double carried(Context& context, const Replay& replay, std::span<const Array> us,
               std::vector<Array> along, RuleNames* relied_on) {
  const auto of = [&](int made, int point) {
    if (made >= 0) return along[static_cast<size_t>(made)];
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
        if (relied_on != nullptr) relied_on->emplace(call.op->name(), input);
        part = by_transposed_rule(context, call, i, u);
      }
      Array& total = along[static_cast<size_t>(k)];
      total = total.has_data() ? moved(total, *part, 1.0) : part->clone();
    }
  }
  const Array answer = of(replay.output_call(), replay.output_point());
  return answer.has_data() ? answer.item() : 0.0;
}

}  // namespace

double tangent_along(Context& context, const Replay& replay, std::span<const Array> us,
                     RuleNames* relied_on) {
  return carried(context, replay, us, std::vector<Array>(replay.calls().size()), relied_on);
}

double tangent_along(Context& context, const Replay& replay, size_t i, const Array& u,
                     RuleNames* relied_on) {
  std::vector<Array> us(replay.points());
  us[i] = u;
  return tangent_along(context, replay, us, relied_on);
}

double tangent_from_call(Context& context, const Replay& replay, size_t k, const Array& u) {
  std::vector<Array> along(replay.calls().size());
  along[k] = u;
  return carried(context, replay, {}, std::move(along), nullptr);
}

}  // namespace autonet::internal
