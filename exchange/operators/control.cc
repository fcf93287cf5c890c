// Choices and loops. Which branch is taken and how often a loop runs must be known while the graph
// is recorded: the nodes of each step are recorded one after the other.
#include <algorithm>

#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

constexpr Index kMostSteps = 65536;

const GraphProto& subgraph(const Call& c, const char* name) {
  const GraphProto* graph = c.graph(name);
  if (graph == nullptr) c.wrong("attribute ", name, " is missing");
  return *graph;
}

Outputs if_of(const Call& c) {
  const GraphProto& yes = subgraph(c, "then_branch");
  const GraphProto& no = subgraph(c, "else_branch");
  return c.record_subgraph(c.known(0).item() != 0.0 ? yes : no, {});
}

bool is_true(const Call& c, const Tensor& condition) {
  if (condition.known.has_data()) return condition.known.item() != 0.0;
  try {
    return condition.var.value().item() != 0.0;
  } catch (const Error&) {
    c.unsupported("a loop whose end is not known while the graph is recorded");
  }
}

/// The values of all steps along a new axis.
Tensor stacked(const Call& c, const std::vector<Tensor>& steps, int axis) {
  if (steps.empty()) c.unsupported("the outputs of a loop without steps");
  std::vector<Var> vars;
  vars.reserve(steps.size());
  for (const Tensor& step : steps) {
    if (!step.var.valid()) c.wrong("sequences cannot be joined along an axis");
    vars.push_back(step.var);
  }
  return {stack(vars, axis), steps[0].type, {}};
}

Outputs loop_of(const Call& c) {
  const GraphProto& body = subgraph(c, "body");
  const Index most = c.has(0) ? c.known_whole(0) : kMostSteps + 1;
  const size_t count = c.inputs() < 2 ? 0 : c.inputs() - 2;
  Outputs states;
  for (size_t i = 0; i < count; ++i) states.push_back(c.value(i + 2));
  bool more = !c.has(1) || c.known(1).item() != 0.0;
  if (body.output.size() < count + 1) c.wrong("the body has ", body.output.size(), " outputs");
  std::vector<Outputs> scanned(body.output.size() - 1 - count);
  for (Index k = 0; more && k < most; ++k) {
    if (k >= kMostSteps) c.unsupported("more than ", kMostSteps, " steps");
    Outputs given = {c.constant(Array::scalar(static_cast<double>(k), DType::f64), Element::int64),
                     c.constant(Array::scalar(1.0, DType::f64), Element::boolean)};
    given.insert(given.end(), states.begin(), states.end());
    const Outputs found = c.record_subgraph(body, given);
    more = is_true(c, found[0]);
    std::copy_n(found.begin() + 1, count, states.begin());
    for (size_t i = 0; i < scanned.size(); ++i) scanned[i].push_back(found[1 + count + i]);
  }
  for (const Outputs& steps : scanned) states.push_back(stacked(c, steps, 0));
  return states;
}

/// The numbers of a list attribute, or as many zeros.
std::vector<Index> list_of(const Call& c, const char* name, size_t count) {
  const auto given = c.wholes(name);
  if (!given) return std::vector<Index>(count, 0);
  if (given->size() != count) c.wrong(name, " has ", given->size(), " numbers, not ", count);
  return *given;
}

Outputs scan_of(const Call& c) {
  if (c.opset() < 9) c.unsupported("version 8 of this operator, which has a batch");
  const GraphProto& body = subgraph(c, "body");
  const auto read = static_cast<size_t>(std::max<Index>(0, c.whole("num_scan_inputs", 0)));
  if (read < 1 || read > c.inputs()) c.wrong("num_scan_inputs is ", read);
  const size_t count = c.inputs() - read;
  if (body.output.size() < count) c.wrong("the body has ", body.output.size(), " outputs");
  const size_t written = body.output.size() - count;
  const std::vector<Index> axes = list_of(c, "scan_input_axes", read);
  const std::vector<Index> backward = list_of(c, "scan_input_directions", read);
  const std::vector<Index> output_axes = list_of(c, "scan_output_axes", written);
  const std::vector<Index> output_backward = list_of(c, "scan_output_directions", written);
  Outputs states;
  for (size_t i = 0; i < count; ++i) states.push_back(c.tensor(i));
  std::vector<int> along;
  for (size_t i = 0; i < read; ++i) along.push_back(axis_of(c, axes[i], c.in(count + i).rank()));
  const Index steps = c.in(count).shape()[along[0]];
  if (steps > kMostSteps) c.unsupported("more than ", kMostSteps, " steps");
  std::vector<Outputs> scanned(written);
  for (Index k = 0; k < steps; ++k) {
    Outputs given = states;
    for (size_t i = 0; i < read; ++i) {
      const Tensor& x = c.tensor(count + i);
      const Index place = backward[i] != 0 ? steps - 1 - k : k;
      given.push_back({squeeze(slice(x.var, along[i], place, 1), {along[i]}), x.type, {}});
    }
    const Outputs found = c.record_subgraph(body, given);
    std::copy_n(found.begin(), count, states.begin());
    for (size_t i = 0; i < written; ++i) scanned[i].push_back(found[count + i]);
  }
  for (size_t i = 0; i < written; ++i) {
    if (output_backward[i] != 0) std::ranges::reverse(scanned[i]);
    const int rank = scanned[i].empty() ? 1 : scanned[i][0].var.rank() + 1;
    states.push_back(stacked(c, scanned[i], axis_of(c, output_axes[i], rank)));
  }
  return states;
}

}  // namespace

std::vector<Operator> control_operators() {
  return {{"If", if_of}, {"Loop", loop_of}, {"Scan", scan_of}};
}

}  // namespace autonet::exchange
