#include "autonet/autograd/tape.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "autograd/fingerprint.h"
#include "autograd/flush_denormals.h"
#include "autograd/rule_scope.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

void check_arity(const Op& op, std::size_t count) {
  const int arity = op.arity();
  const bool fits = arity == Op::kVariadic ? count >= 1 : count == static_cast<std::size_t>(arity);
  if (fits) return;
  const int least = std::max(arity, 1);
  throw Error(text::concat(op.name(), ": takes ", arity == Op::kVariadic ? "at least " : "", least,
                           least == 1 ? " input, got " : " inputs, got ", count));
}

}  // namespace

void Var::throw_without_tape() const {
  throw Error(valid()
                  ? "var: its tape was destroyed; keep the tape as long as what is recorded on it"
                  : "var: it belongs to no tape; record something first");
}

const ArrayType& Var::type() const {
  return tape().node(id_).type;
}

Array Var::value() const {
  return tape().value(id_);
}

double Var::item() const {
  return value().item();
}

Tape::Tape() : own_context_(std::make_unique<Context>()), context_(own_context_.get()) {
  place_ = internal::take_tape_place();
  place_->tape.store(this, std::memory_order_relaxed);
}

Tape::Tape(Context& context) : context_(&context) {
  place_ = internal::take_tape_place();
  place_->tape.store(this, std::memory_order_relaxed);
}

Tape::Tape(Tape&& other) noexcept {
  *this = std::move(other);
}

Tape& Tape::operator=(Tape&& other) noexcept {
  if (this == &other) return *this;
  if (place_ != nullptr) internal::give_back_tape_place(place_);
  place_ = std::exchange(other.place_, nullptr);
  if (place_ != nullptr) place_->tape.store(this, std::memory_order_relaxed);
  nodes_ = std::move(other.nodes_);
  inputs_ = std::move(other.inputs_);
  shared_ = std::move(other.shared_);
  few_numbers_ = std::move(other.few_numbers_);
  names_ = std::move(other.names_);
  leaves_ = std::move(other.leaves_);
  labels_ = std::move(other.labels_);
  label_ = other.label_;
  rule_of_ = other.rule_of_;
  rule_of_input_ = other.rule_of_input_;
  block_ = other.block_;
  blocks_ = other.blocks_;
  context_ = std::exchange(other.context_, nullptr);
  own_context_ = std::move(other.own_context_);
  return *this;
}

Tape::~Tape() {
  if (place_ != nullptr) internal::give_back_tape_place(place_);
}

Node& Tape::append() {
  if (place_ == nullptr) throw Error("tape: it was moved from; record on the tape it was moved to");
  if (nodes_.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(text::concat("tape: it is full, with ", size(), " entries"));
  }
  return nodes_.append();
}

Var Tape::variable(Array value, std::string name) {
  if (!value.has_data()) {
    throw Error(text::concat("variable: array ", name, name.empty() ? "" : " ", "has no data"));
  }
  const bool shared = !value.is_only_handle();
  Node& node = append();
  node.type = value.type();
  node.value = std::move(value);
  if (shared) share(size() - 1);
  if (!name.empty()) {
    leaves_[node.value.raw()] = size() - 1;
    names_.emplace(size() - 1, std::move(name));
  }
  return last();
}

Var Tape::placeholder(const ArrayType& type, std::string name) {
  append().type = type;
  names_.emplace(size() - 1, std::move(name));
  return last();
}

Var Tape::record(std::shared_ptr<const Op> op, List<Var> inputs) {
  if (op == nullptr) throw Error("record: the op is null");
  check_arity(*op, inputs.size());
  for (const Var& x : inputs) {
    if (&x.tape() == this) continue;
    throw Error(text::concat(op->name(), ": an input was recorded on another tape"));
  }
  const ArrayType type = infer(*op, inputs);
  Node& node = append();
  node.type = type;
  node.op = std::move(op);
  node.first_input = static_cast<Index>(inputs_.size());
  node.input_count = static_cast<int>(inputs.size());
  node.label = label_;
  node.rule_of = rule_of_;
  node.rule_of_input = rule_of_input_;
  node.block = block_;
  for (const Var& x : inputs) inputs_.push_back(x.id());
  return last();
}

ArrayType Tape::infer(const Op& op, std::span<const Var> inputs) const {
  const auto type = [&](size_t i) -> const ArrayType& { return node(inputs[i].id()).type; };
  if (inputs.size() == 1) return op.infer({&type(0), 1});
  if (inputs.size() == 2) return op.infer(std::array<ArrayType, 2>{type(0), type(1)});
  std::vector<ArrayType> types;
  types.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) types.push_back(type(i));
  return op.infer(types);
}

Var Tape::record_copy(Index id, std::span<const Var> inputs) {
  const Var copy = record(node(id).op, inputs);
  Node& added = entry(copy.id());
  added.copy_of = id;
  added.label = node(id).label;
  added.block = 0;
  return copy;
}

void Tape::throw_outside(Index id) const {
  throw Error(text::concat("tape: there is no entry ", id, "; it has ", size()));
}

std::vector<Var> Tape::inputs_of(Index id) const {
  const Node& call = node(id);
  std::vector<Var> vars;
  vars.reserve(static_cast<size_t>(call.input_count));
  for (int i = 0; i < call.input_count; ++i) vars.push_back(var(input(call, i)));
  return vars;
}

Var Tape::find_leaf(const Array& value) {
  const auto found = leaves_.find(value.raw());
  return found == leaves_.end() ? Var() : var(found->second);
}

const std::string& Tape::name_of(Index id) const {
  static const std::string kNone;
  const auto found = names_.find(id);
  return found == names_.end() ? kNone : found->second;
}

const std::string& Tape::label_text(int label) const {
  static const std::string kNone;
  if (label == 0) return kNone;
  if (label < 0 || static_cast<size_t>(label) > labels_.size()) {
    throw Error(text::concat("tape: there is no label ", label));
  }
  return labels_[static_cast<size_t>(label) - 1];
}

void Tape::find_uncomputed_ancestors(Index id) {
  std::vector<Index>& found = uncomputed_;
  found.assign(1, id);
  const auto forget = [&] {
    for (const Index each : found) entry(each).found = false;
  };
  entry(id).found = true;
  for (size_t next = 0; next < found.size(); ++next) {
    const Node& call = node(found[next]);
    if (call.op == nullptr) {
      const Index leaf = found[next];
      forget();
      throw Error(text::concat("value: placeholder \"", name_of(leaf), "\" ", call.type.shape,
                               " has no numbers; run a Program, or record on variables"));
    }
    for (int i = 0; i < call.input_count; ++i) {
      Node& parent = entry(input(call, i));
      if (parent.found || parent.value.has_data()) continue;
      parent.found = true;
      found.push_back(input(call, i));
    }
  }
  forget();
  std::ranges::sort(found);  // the order on the tape is an order of computation
}

void Tape::share(Index leaf) {
  Node& node = entry(leaf);
  if (node.shared) return;
  shared_.push_back({leaf, internal::fingerprint_of(node.value)});
  node.shared = true;
}

void Tape::forget_outdated_values() {
  bool changed = false;
  for (internal::SharedLeaf& leaf : shared_) {
    const std::uint64_t now = internal::fingerprint_of(entry(leaf.id).value);
    changed = changed || now != leaf.fingerprint;
    leaf.fingerprint = now;
  }
  if (!changed) return;
  for (Index id = 0; id < size(); ++id) {
    if (entry(id).op != nullptr) entry(id).value = Array();
  }
}

Array Tape::value(Index id) {
  if (node(id).op == nullptr && node(id).value.has_data()) {
    share(id);
    return node(id).value;
  }
  forget_outdated_values();
  if (node(id).value.has_data()) return node(id).value;
  find_uncomputed_ancestors(id);
  for (Index current : uncomputed_) compute_value(entry(current));
  return node(id).value;
}

void Tape::compute_value(Node& call) {
  const auto count = static_cast<size_t>(call.input_count);
  const auto argument = [&](size_t i) -> const Array& {
    return entry(input(call, static_cast<int>(i))).value;
  };
  if (count == 1) {
    if (auto view = call.op->view(argument(0))) {
      call.value = *std::move(view);
      return;
    }
  }
  const internal::FlushDenormals flush;
  Array y = few_numbers_.uninitialized(call.type);
  if (count == 1) {
    call.op->forward(*context_, {&argument(0), 1}, y);
  } else if (count == 2) {
    const std::array<Array, 2> both{argument(0).borrowed(), argument(1).borrowed()};
    call.op->forward(*context_, both, y);
  } else {
    std::vector<Array> all;
    all.reserve(count);
    for (size_t i = 0; i < count; ++i) all.push_back(argument(i).borrowed());
    call.op->forward(*context_, all, y);
  }
  call.value = std::move(y);
}

Context& Tape::context() {
  if (context_ == nullptr) throw Error("tape: it was moved from and has no context");
  return *context_;
}

Label::Label(Tape& tape, std::string text) : tape_(tape.place_), before_(tape.label_) {
  if (tape.place_ == nullptr) throw Error("label: the tape was moved from");
  tape.labels_.push_back(std::move(text));
  tape.label_ = static_cast<int>(tape.labels_.size());
}

Label::~Label() {
  if (Tape* const tape = tape_.tape()) tape->label_ = before_;
}

Recompute::Recompute(Tape& tape) : tape_(tape.place_) {
  if (tape.place_ == nullptr) throw Error("recompute: the tape was moved from");
  if (tape.block_ != 0) throw Error("recompute: a block is open already; blocks do not nest");
  tape.block_ = ++tape.blocks_;
}

Recompute::~Recompute() {
  if (Tape* const tape = tape_.tape()) tape->block_ = 0;
}

internal::RuleScope::RuleScope(Tape& tape, Index id, int input)
    : tape_(tape),
      label_before_(tape.label_),
      rule_before_(tape.rule_of_),
      input_before_(tape.rule_of_input_) {
  tape.label_ = tape.node(id).label;
  tape.rule_of_ = id;
  tape.rule_of_input_ = input;
}

internal::RuleScope::~RuleScope() {
  tape_.label_ = label_before_;
  tape_.rule_of_ = rule_before_;
  tape_.rule_of_input_ = input_before_;
}

Array compute(const Op& op, std::span<const Array> inputs, const ArrayType& type,
              Context& context) {
  for (const Array& x : inputs) {
    if (!x.has_data()) throw Error(text::concat(op.name(), ": an input has no data"));
  }
  if (inputs.size() == 1) {
    if (auto view = op.view(inputs[0])) return *view;
  }
  const internal::FlushDenormals flush;
  Array y = Array::uninitialized(type);
  op.forward(context, inputs, y);
  return y;
}

}  // namespace autonet
