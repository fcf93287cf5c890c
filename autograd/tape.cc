#include "autonet/autograd/tape.h"

#include <algorithm>

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

Tape& Var::tape() const {
  if (tape_ == nullptr) throw Error("var: it belongs to no tape; record something first");
  return *tape_;
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

Tape::Tape(Context* context)
    : own_context_(context == nullptr ? std::make_unique<Context>() : nullptr),
      context_(context == nullptr ? own_context_.get() : context) {}

Tape::~Tape() = default;

Var Tape::variable(Array value, std::string name) {
  if (!value.has_data()) {
    throw Error(text::concat("variable: array ", name, name.empty() ? "" : " ", "has no data"));
  }
  Node node;
  node.type = value.type();
  node.value = std::move(value);
  nodes_.push_back(std::move(node));
  if (!name.empty()) {
    leaves_[nodes_.back().value.raw()] = size() - 1;
    names_.emplace(size() - 1, std::move(name));
  }
  return {this, size() - 1};
}

Var Tape::placeholder(const ArrayType& type, std::string name) {
  Node node;
  node.type = type;
  nodes_.push_back(std::move(node));
  names_.emplace(size() - 1, std::move(name));
  return {this, size() - 1};
}

Var Tape::record(std::shared_ptr<const Op> op, List<Var> inputs) {
  if (op == nullptr) throw Error("record: the op is null");
  check_arity(*op, inputs.size());
  std::vector<ArrayType> types;
  types.reserve(inputs.size());
  for (const Var& x : inputs) {
    if (&x.tape() != this) {
      throw Error(text::concat(op->name(), ": an input was recorded on another tape"));
    }
    types.push_back(x.type());
  }
  Node node;
  node.type = op->infer(types);
  node.op = std::move(op);
  node.first_input = static_cast<Index>(inputs_.size());
  node.input_count = static_cast<int>(inputs.size());
  node.label = label_;
  node.rule_of = rule_of_;
  node.rule_of_input = rule_of_input_;
  node.block = block_;
  for (const Var& x : inputs) inputs_.push_back(x.id());
  nodes_.push_back(std::move(node));
  return {this, size() - 1};
}

Var Tape::record_copy(Index id, std::span<const Var> inputs) {
  const Var copy = record(node(id).op, inputs);
  nodes_.back().copy_of = id;
  nodes_.back().label = node(id).label;
  nodes_.back().block = 0;
  return copy;
}

const Node& Tape::node(Index id) const {
  if (id < 0 || id >= size()) {
    throw Error(text::concat("tape: there is no entry ", id, "; it has ", size()));
  }
  return nodes_[static_cast<size_t>(id)];
}

std::vector<Var> Tape::inputs_of(Index id) {
  const Node& call = node(id);
  std::vector<Var> vars;
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
  if (label < 0 || static_cast<size_t>(label) >= labels_.size()) {
    throw Error(text::concat("tape: there is no label ", label));
  }
  return labels_[static_cast<size_t>(label)];
}

std::vector<Index> Tape::uncomputed_ancestors(Index id) {
  std::vector<Index> found{id};
  const auto forget = [&] {
    for (const Index entry : found) nodes_[static_cast<size_t>(entry)].found = false;
  };
  nodes_[static_cast<size_t>(id)].found = true;
  for (size_t next = 0; next < found.size(); ++next) {
    const Node& call = node(found[next]);
    if (call.op == nullptr) {
      const Index leaf = found[next];
      forget();
      throw Error(text::concat("value: placeholder \"", name_of(leaf), "\" ", call.type.shape,
                               " has no numbers; run a Program, or record on variables"));
    }
    for (int i = 0; i < call.input_count; ++i) {
      Node& parent = nodes_[static_cast<size_t>(input(call, i))];
      if (parent.found || parent.value.has_data()) continue;
      parent.found = true;
      found.push_back(input(call, i));
    }
  }
  forget();
  std::ranges::sort(found);  // the order on the tape is an order of computation
  return found;
}

Array Tape::value(Index id) {
  if (node(id).value.has_data()) return node(id).value;
  std::vector<Array> arguments;
  for (Index current : uncomputed_ancestors(id)) {
    Node& call = nodes_[static_cast<size_t>(current)];
    arguments.clear();
    for (int i = 0; i < call.input_count; ++i) arguments.push_back(node(input(call, i)).value);
    call.value = compute(*call.op, *context_, arguments, call.type);
  }
  return node(id).value;
}

Label::Label(Tape& tape, std::string text) : tape_(tape), before_(tape.label_) {
  tape.labels_.push_back(std::move(text));
  tape.label_ = static_cast<int>(tape.labels_.size()) - 1;
}

Label::~Label() {
  tape_.label_ = before_;
}

Recompute::Recompute(Tape& tape) : tape_(tape) {
  if (tape.block_ != 0) throw Error("recompute: a block is open already; blocks do not nest");
  tape.block_ = ++tape.blocks_;
}

Recompute::~Recompute() {
  tape_.block_ = 0;
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

Array compute(const Op& op, Context& context, std::span<const Array> inputs,
              const ArrayType& type) {
  if (inputs.size() == 1) {
    if (auto view = op.view(inputs[0])) return *view;
  }
  Array y = Array::uninitialized(type);
  op.forward(context, inputs, y);
  return y;
}

}  // namespace autonet
