// Layers of sequences [steps, features].
#include <cmath>

#include "exchange/export_layer.h"

namespace autonet::exchange {
namespace {

Value embedding(const LayerExport& e) {
  return e.in_last(e.out.node("Gather", {e.out.weight("weight", e.parameters[0]), e.last()},
                              {attribute("axis", Index{0})}));
}

Value position_embedding(const LayerExport& e) {
  return e.in_last(e.out.node("Add", {e.last(), e.out.weight("weight", e.parameters[0])}));
}

/// Weights [n, 4 units] with the gates i, f, g, o as [1, 4 units, n] with i, o, f, g.
Array gates(const Array& w, Index units) {
  const Index n = w.shape()[0];
  Array y = Array::uninitialized({{1, 4 * units, n}, DType::f32});
  const Array by_gate = w.permute({1, 0});
  constexpr Index kOrder[] = {0, 3, 1, 2};
  for (Index k = 0; k < 4; ++k) {
    y.slice(0, 0, 1)
        .reshape({4 * units, n})
        .slice(0, k * units, units)
        .copy_from(by_gate.slice(0, kOrder[k] * units, units));
  }
  return y;
}

Value lstm(const LayerExport& e) {
  const Index units = e.parameters[1].shape()[0];
  // The forget bias is part of the bias; ONNX's second bias, for h, is 0.
  Array bias = Array::zeros({{1, 4 * units}, DType::f32});
  if (e.parameters.size() > 2) bias.reshape({4 * units}).copy_from(e.parameters[2]);
  for (Index k = units; k < 2 * units; ++k) {
    bias.set({0, k}, bias.at({0, k}) + e.fields().number("forget_bias"));
  }
  Array both = Array::zeros({{1, 8 * units}, DType::f32});
  both.slice(1, 0, 4 * units).copy_from(gates(bias, units).reshape({1, 4 * units}));
  const bool every_step = e.fields().flag("every_step");
  const std::string y = e.out.node(
      "LSTM",
      {e.out.transposed(e.last(), {1, 0, 2}), e.out.weight("weight", gates(e.parameters[0], units)),
       e.out.weight("recurrent_weight", gates(e.parameters[1], units)), e.out.weight("bias", both)},
      {attribute("hidden_size", units)}, every_step ? 1 : 2, every_step ? 0 : 1);
  // Every h is [steps, 1, N, units], the last one [1, N, units].
  if (!every_step) return e.in_last(e.out.node("Squeeze", {y, e.out.wholes("axes", {0})}));
  const std::string steps = e.out.node("Squeeze", {y, e.out.wholes("axes", {1})});
  return e.in_last(e.out.transposed(steps, {1, 0, 2}));
}

Value attention(const LayerExport& e) {
  const Index steps = e.input().shape[0];
  const Index channels = e.input().shape[1];
  const Index heads = e.fields().whole("heads");
  const Index size = channels / heads;
  OnnxWriter& out = e.out;
  const bool biased = e.parameters.size() > 2;
  std::string joined = out.node("MatMul", {e.last(), out.weight("weight", e.parameters[0])});
  if (biased) joined = out.node("Add", {joined, out.weight("bias", e.parameters[2])});
  const std::string apart =
      out.transposed(out.reshaped(joined, {-1, steps, 3, heads, size}), {2, 0, 3, 1, 4});
  const auto part = [&](Index k) {
    const std::string one = out.wholes("part", {k});
    return out.node("Squeeze", {out.node("Gather", {apart, one}, {attribute("axis", Index{0})}),
                                out.wholes("axes", {0})});
  };
  const std::string keys = out.transposed(part(1), {0, 1, 3, 2});
  std::string scores = out.node("MatMul", {part(0), keys});
  scores =
      out.node("Mul", {scores, out.number("scale", 1.0 / std::sqrt(static_cast<double>(size)))});
  if (e.fields().flag("causal")) {
    Array mask = Array::zeros({{steps, steps}, DType::f32});
    for (Index i = 0; i < steps; ++i) {
      for (Index j = i + 1; j < steps; ++j) mask.set({i, j}, -1e9);
    }
    scores = out.node("Add", {scores, out.weight("mask", mask)});
  }
  const std::string shares = out.node("Softmax", {scores}, {attribute("axis", Index{-1})});
  const std::string mixed = out.transposed(out.node("MatMul", {shares, part(2)}), {0, 2, 1, 3});
  std::string y = out.node("MatMul", {out.reshaped(mixed, {-1, steps, channels}),
                                      out.weight("output_weight", e.parameters[1])});
  if (biased) y = out.node("Add", {y, out.weight("output_bias", e.parameters[3])});
  return e.in_last(y);
}

}  // namespace

std::map<std::string, WriteLayer> sequence_layers() {
  return {{"embedding", embedding},
          {"position_embedding", position_embedding},
          {"lstm", lstm},
          {"attention", attention}};
}

}  // namespace autonet::exchange
