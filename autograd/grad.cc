#include "autonet/autograd/grad.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/rule_scope.h"
#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

/// For each of the entries first … last: true if it depends on one of xs through differentiable
/// inputs.
std::vector<bool> depends_on(Tape& tape, std::span<const Var> xs, Index first, Index last) {
  std::vector<bool> depends(static_cast<size_t>(last - first + 1), false);
  for (const Var& x : xs) {
    if (x.id() <= last) depends[static_cast<size_t>(x.id() - first)] = true;
  }
  for (Index id = first; id <= last; ++id) {
    const Node& call = tape.node(id);
    for (int i = 0; i < call.input_count; ++i) {
      const Index parent = tape.input(call, i);
      if (parent >= first && depends[static_cast<size_t>(parent - first)] &&
          call.op->differentiable(i)) {
        depends[static_cast<size_t>(id - first)] = true;
      }
    }
  }
  return depends;
}

/// What rules read instead of values that are not kept: see Recompute.
class Recomputed {
 public:
  Recomputed(Tape& tape, Index last) : tape_(tape), last_(last) {}

  /// To be called before the rules of call `id` are recorded: records its block again.
  void enter(Index id) {
    const int block = tape_.node(id).block;
    if (block == 0 || !done_.insert(block).second) return;
    if (read_outside_.empty()) find_blocks();
    for (const Index call : calls_[block]) {
      std::vector<Var> inputs = tape_.inputs_of(call);
      for (Var& x : inputs) x = stand_in(x);
      const Var copy = tape_.record_copy(call, inputs);
      // What is read outside of the block is kept in any case.
      if (!read_outside_[static_cast<size_t>(call)]) copies_.emplace(call, copy);
    }
  }
  Var stand_in(Var x) const {
    const auto copy = copies_.find(x.id());
    return copy == copies_.end() ? x : copy->second;
  }

 private:
  void find_blocks() {
    read_outside_.resize(static_cast<size_t>(last_ + 1), false);
    for (Index id = 0; id <= last_; ++id) {
      const Node& call = tape_.node(id);
      if (call.block > 0) calls_[call.block].push_back(id);
      for (int i = 0; i < call.input_count; ++i) {
        const Index parent = tape_.input(call, i);
        if (tape_.node(parent).block != call.block) {
          read_outside_[static_cast<size_t>(parent)] = true;
        }
      }
    }
    read_outside_[static_cast<size_t>(last_)] = true;
  }

  Tape& tape_;
  Index last_;
  std::vector<bool> read_outside_;
  std::unordered_map<int, std::vector<Index>> calls_;
  std::unordered_map<Index, Var> copies_;
  std::unordered_set<int> done_;
};

}  // namespace

Var filled(Tape& tape, const ArrayType& type, double value) {
  return tape.constant(Array::scalar(value, type.dtype).broadcast_to(type.shape));
}

std::vector<Var> vjp(Var y, List<Var> xs, Var ybar) {
  Tape& tape = y.tape();
  if (ybar.type() != y.type()) {
    throw Error(text::concat("vjp: the cotangent is ", ybar.type(), " but y is ", y.type()));
  }
  if (&ybar.tape() != &tape)
    throw Error("vjp: y and the cotangent were recorded on different tapes");
  if (xs.empty()) return {};
  Index first = y.id();
  for (const Var& x : xs) {
    if (&x.tape() != &tape) throw Error("grad: y and x were recorded on different tapes");
    first = std::min(first, x.id());
  }
  const std::vector<bool> depends = depends_on(tape, xs, first, y.id());
  std::vector<std::vector<Var>> cotangents(depends.size());
  std::vector<Var> total(depends.size());  // kept for the entries of xs
  cotangents.back().push_back(ybar);

  Recomputed recomputed(tape, y.id());

  // Entries that rules append come after y and are not visited here.
  for (Index id = y.id(); id >= first; --id) {
    const auto k = static_cast<size_t>(id - first);
    if (!depends[k] || cotangents[k].empty()) continue;
    const Var bar = accumulate(cotangents[k]);
    cotangents[k] = {};
    total[k] = bar;
    const std::shared_ptr<const Op> op = tape.node(id).op;
    if (op == nullptr) continue;
    recomputed.enter(id);
    std::vector<Var> inputs = tape.inputs_of(id);
    std::vector<Index> parents;
    for (Var& x : inputs) {
      parents.push_back(x.id());
      x = recomputed.stand_in(x);
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Index parent = parents[i];
      const int which = static_cast<int>(i);
      if (parent < first || !depends[static_cast<size_t>(parent - first)] ||
          !op->differentiable(which)) {
        continue;
      }
      const internal::RuleScope scope(tape, id, which);
      const Var contribution = op->vjp(which, inputs, recomputed.stand_in(tape.var(id)), bar);
      if (!contribution.valid()) {
        throw Error(text::concat(op->name(), ": the rule for input ", i,
                                 " gives an empty Var; where there is no derivative, say so in "
                                 "differentiable()"));
      }
      if (contribution.type() != inputs[i].type()) {
        throw Error(text::concat(op->name(), ": the rule for input ", i, " gives ",
                                 contribution.type(), " but the input is ", inputs[i].type()));
      }
      cotangents[static_cast<size_t>(parent - first)].push_back(contribution);
    }
  }

  std::vector<Var> answers;
  for (const Var& x : xs) {
    const bool reached = x.id() <= y.id() && total[static_cast<size_t>(x.id() - first)].valid();
    answers.push_back(reached ? total[static_cast<size_t>(x.id() - first)]
                              : filled(tape, x.type(), 0.0));
  }
  return answers;
}

std::vector<Var> grad(Var y, List<Var> xs) {
  if (y.shape().size() != 1) {
    throw Error(text::concat("grad: y must be a scalar, got ", y.shape(),
                             "; take its sum or mean first, or call vjp with a cotangent"));
  }
  return vjp(y, xs, filled(y.tape(), y.type(), 1.0));
}

std::vector<Var> grad(Var y, std::initializer_list<Var> xs) {
  return grad(y, List<Var>(xs));
}

Var grad(Var y, Var x) {
  return grad(y, List<Var>({x}))[0];
}

}  // namespace autonet
