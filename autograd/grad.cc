#include "autonet/autograd/grad.h"

#include <algorithm>
#include <cstdint>
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

/// The terms of each entry's cotangent, in the order in which they are found.
class Cotangents {
 public:
  explicit Cotangents(std::size_t entries) : first_(entries, kNone), last_(entries, kNone) {}

  void add(std::size_t entry, Var term) {
    const auto added = static_cast<std::uint32_t>(terms_.size());
    terms_.push_back({term, kNone});
    (first_[entry] == kNone ? first_[entry] : terms_[last_[entry]].next) = added;
    last_[entry] = added;
  }
  bool any(std::size_t entry) const { return first_[entry] != kNone; }
  /// Records the sum of an entry's terms. Needs any(entry).
  Var sum(std::size_t entry) {
    gathered_.clear();
    for (std::uint32_t i = first_[entry]; i != kNone; i = terms_[i].next) {
      gathered_.push_back(terms_[i].var);
    }
    return accumulate(gathered_);
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Term {
    Var var;
    std::uint32_t next;  // the entry's next term
  };

  std::vector<Term> terms_;
  std::vector<std::uint32_t> first_, last_;  // of each entry, in terms_
  std::vector<Var> gathered_;
};

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
  Cotangents cotangents(depends.size());
  std::vector<Var> total(depends.size());  // kept for the entries of xs
  cotangents.add(depends.size() - 1, ybar);

  Recomputed recomputed(tape, y.id());

  std::vector<Var> inputs;
  // Entries that rules append come after y and are not visited here.
  for (Index id = y.id(); id >= first; --id) {
    const auto k = static_cast<size_t>(id - first);
    if (!depends[k] || !cotangents.any(k)) continue;
    const Var bar = cotangents.sum(k);
    total[k] = bar;
    const Node& call = tape.node(id);
    const Op* const op = call.op.get();
    if (op == nullptr) continue;
    recomputed.enter(id);
    inputs.clear();
    for (int i = 0; i < call.input_count; ++i) {
      inputs.push_back(recomputed.stand_in(tape.var(tape.input(call, i))));
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const int which = static_cast<int>(i);
      const Index parent = tape.input(call, which);
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
      cotangents.add(static_cast<size_t>(parent - first), contribution);
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
