// Layers of sequences that take over a state from earlier steps and hand it on.
#include <cmath>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

constexpr Index kMostSteps = 65536;

/// Each channel of x [B,C,L] convolved with a kernel of its own, [C,1,k], that sees the present and
/// the k - 1 steps before it, of which the first are those of the state [B,C,k-1].
Outputs causal_conv(const Call& c) {
  const Var x = c.in(0);
  const Var w = c.in(1);
  if (x.rank() != 3 || w.rank() != 3 || w.shape()[0] != x.shape()[1] || w.shape()[1] != 1)
    c.wrong("weights ", w.shape(), " for ", x.shape());
  const Index channels = x.shape()[1];
  const Index length = x.shape()[2];
  const Index k = w.shape()[2];
  if (k > kMostSteps) c.unsupported("a kernel of ", k, " steps");
  const Shape before{x.shape()[0], channels, k - 1};
  if (c.has(3) && c.in(3).shape() != before)
    c.wrong("the state is ", c.in(3).shape(), ", not ", before);
  Var padded = x;
  if (k > 1) {
    const Var state = c.has(3) ? c.in(3) : filled(c.tape(), {before, x.dtype()}, 0.0);
    padded = concat({state, x}, 2);
  }
  Var y = filled(c.tape(), {Shape{}, x.dtype()}, 0.0);
  for (Index j = 0; j < k; ++j)
    y = y + slice(padded, 2, j, length) * reshape(slice(w, 2, j, 1), {1, channels, 1});
  if (c.has(2)) y = y + reshape(c.in(2), {1, channels, 1});
  y = wrapped(y, c.type(0));
  const std::string activation = c.text("activation", "none");
  if (activation == "silu" || activation == "swish") {
    y = y * sigmoid(y);
  } else if (activation != "none") {
    c.wrong("activation is ", activation);
  }
  Outputs outputs = c.result(y);
  outputs.push_back({slice(padded, 2, length, k - 1), c.type(0), {}});
  return outputs;
}

/// [B,T,heads·size] as [B,heads,T,size].
Var by_heads(const Call& c, Var x, Index heads) {
  if (x.rank() != 3 || heads < 1 || x.shape()[2] % heads != 0)
    c.wrong(x.shape(), " in ", heads, " heads");
  return permute(reshape(x, {x.shape()[0], x.shape()[1], heads, x.shape()[2] / heads}),
                 {0, 2, 1, 3});
}

/// Step t of x [B,H,T,D] as [B,H,1,D].
Var at_step(Var x, Index t) {
  return slice(x, 2, t, 1);
}

/// Attention whose scores have no softmax, so that a state [B,heads,keys,values] sums up all steps.
/// With decay the state is multiplied by e^decay in each step, and with beta a step writes the
/// difference from what its key finds there, times beta.
Outputs linear_attention(const Call& c) {
  const Index heads = c.whole("q_num_heads", 0);
  const Index kv_heads = c.whole("kv_num_heads", 0);
  c.ignore("chunk_size");
  const std::string rule = c.text("update_rule", "gated_delta");
  const bool gated = rule == "gated" || rule == "gated_delta";
  const bool delta = rule == "delta" || rule == "gated_delta";
  if (!gated && !delta && rule != "linear") c.wrong("update_rule is ", rule);
  if (kv_heads < 1 || heads < 1 || heads % kv_heads != 0)
    c.wrong(heads, " heads of queries and ", kv_heads, " of keys");
  if (gated != c.has(4) || delta != c.has(5)) c.wrong("decay or beta for the rule ", rule);
  const Var q = by_heads(c, c.in(0), heads);
  const Var k = by_heads(c, c.in(1), kv_heads);
  const Var v = by_heads(c, c.in(2), kv_heads);
  const Index batch = q.shape()[0];
  const Index steps = q.shape()[2];
  const Index keys = q.shape()[3];
  const Index values = v.shape()[3];
  if (steps > kMostSteps) c.unsupported("more than ", kMostSteps, " steps");
  const Shape shape{batch, kv_heads, keys, values};
  Var state = c.has(3) ? c.in(3) : filled(c.tape(), {shape, q.dtype()}, 0.0);
  if (state.shape() != shape) c.wrong("the state is ", state.shape(), ", not ", shape);
  const double given = c.number("scale", 0.0);
  const double scale = given == 0.0 ? 1.0 / std::sqrt(static_cast<double>(keys)) : given;
  const Var decay = gated ? by_heads(c, c.in(4), kv_heads) : Var();
  const Var beta =
      delta ? by_heads(c, c.in(5), c.in(5).shape()[c.in(5).rank() - 1] == 1 ? 1 : kv_heads) : Var();
  std::vector<Var> outputs;
  for (Index t = 0; t < steps; ++t) {
    const Var key = swap_axes(at_step(k, t), 2, 3);  // [B,H,keys,1]
    Var value = at_step(v, t);                       // [B,H,1,values]
    if (gated) state = state * exp(swap_axes(at_step(decay, t), 2, 3));
    if (delta) value = at_step(beta, t) * (value - matmul(at_step(k, t), state));
    state = state + key * value;
    // Some heads of queries share one of keys and values.
    const Index group = heads / kv_heads;
    const Var read = group == 1
                         ? state
                         : reshape(broadcast_to(reshape(state, {batch, kv_heads, 1, keys, values}),
                                                {batch, kv_heads, group, keys, values}),
                                   {batch, heads, keys, values});
    outputs.push_back(scale * matmul(at_step(q, t), read));
  }
  const Var y = permute(concat(outputs, 2), {0, 2, 1, 3});
  Outputs all = c.result(reshape(y, {batch, steps, heads * values}));
  const Element type = c.has(3) ? c.type(3) : c.type(0);
  all.push_back({wrapped(state, type), type, {}});
  return all;
}

}  // namespace

std::vector<Operator> stateful_operators() {
  return {{"CausalConvWithState", causal_conv}, {"LinearAttention", linear_attention}};
}

}  // namespace autonet::exchange
