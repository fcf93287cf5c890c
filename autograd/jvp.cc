#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

/// The tangent of call `id` along u in its input i: J_i u.
///
/// Where the op is linear in that input it is its own derivative. Elsewhere the rule is transposed:
/// ybar -> ybar^T J is linear in ybar, so its vjp for the cotangent u is J u at any ybar.
Var tangent_of(Tape& tape, Index id, int i, Var u) {
  const std::shared_ptr<const Op> op = tape.node(id).op;
  std::vector<Var> inputs = tape.inputs_of(id);
  if (op->linear_in(i)) {
    inputs[static_cast<size_t>(i)] = u;
    return tape.record(op, inputs);
  }
  const Var y = tape.var(id);
  const Var ybar = filled(tape, y.type(), 0.0);
  const Var xbar = op->vjp(i, inputs, y, ybar);
  return vjp(xbar, std::span<const Var>(&ybar, 1), u)[0];
}

}  // namespace

Var jvp(Var y, List<Var> xs, List<Var> us) {
  if (xs.size() != us.size()) {
    throw Error(text::concat("jvp: ", xs.size(), " points but ", us.size(), " directions"));
  }
  Tape& tape = y.tape();
  std::unordered_map<Index, std::vector<Var>> terms;  // of the tangent of an entry
  Index first = y.id() + 1;
  for (size_t i = 0; i < xs.size(); ++i) {
    if (&xs[i].tape() != &tape || &us[i].tape() != &tape) {
      throw Error("jvp: y, a point or a direction was recorded on another tape");
    }
    if (us[i].type() != xs[i].type()) {
      throw Error(
          text::concat("jvp: a direction is ", us[i].type(), " but its point is ", xs[i].type()));
    }
    terms[xs[i].id()].push_back(us[i]);
    first = std::min(first, xs[i].id());
  }
  // Entries that tangents append come after y and are not visited here.
  std::unordered_map<Index, Var> tangents;
  for (Index id = first; id <= y.id(); ++id) {
    const Node& call = tape.node(id);
    for (int i = 0; i < call.input_count; ++i) {
      const auto found = tangents.find(tape.input(call, i));
      if (found == tangents.end() || !call.op->differentiable(i)) continue;
      terms[id].push_back(tangent_of(tape, id, i, found->second));
    }
    const auto found = terms.find(id);
    if (found != terms.end()) tangents.emplace(id, accumulate(found->second));
  }
  const auto found = tangents.find(y.id());
  return found == tangents.end() ? filled(tape, y.type(), 0.0) : found->second;
}

}  // namespace autonet
