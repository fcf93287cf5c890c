#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "autograd/op.h"
#include "autograd/var.h"

namespace autonet {

/// One entry of a tape: a leaf (op is null) or a call of an op on earlier entries.
struct Node {
  std::shared_ptr<const Op> op;
  Index first_input = 0;  // into the tape's list of inputs
  int input_count = 0;
  ArrayType type;
  Array value;            // a leaf's numbers, or a call's once computed
  int label = 0;          // what it is part of: see Label
  Index rule_of = -1;     // the call whose rule recorded it, -1 outside of rules
  int rule_of_input = 0;  // and which of that call's inputs the rule is for
  int block = 0;          // see Recompute; 0: none
  Index copy_of = -1;     // the call that this one computes again for a rule
  bool found = false;     // while the tape looks for what a value needs
};

/// An append-only list of calls of ops: a recorded computation.
///
/// Recording infers shapes and computes nothing; numbers are computed when asked for, once, and
/// only those that the answer needs. Entries refer to earlier entries alone, so the order on the
/// tape is an order of computation and nothing here recurses. A Tape is used by one thread at a
/// time and shares nothing with others; Vars, and references it returns, live as long as it does.
class Tape {
 public:
  /// Computes on `context`, which must outlive the tape; on the calling thread alone if null.
  explicit Tape(Context* context = nullptr);
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  /// A leaf with numbers. The array is shared, not copied.
  Var variable(Array value, std::string name = {});
  /// The same, for numbers that are part of the computation rather than its subject.
  Var constant(Array value) { return variable(std::move(value)); }
  /// A leaf without numbers: shapes can be inferred and programs planned (see Program), but asking
  /// for a value that depends on it throws Error.
  Var placeholder(const ArrayType& type, std::string name);

  /// Appends a call. Throws what op->infer throws, and Error if an input is from another tape.
  Var record(std::shared_ptr<const Op> op, std::span<const Var> inputs);
  Var record(std::shared_ptr<const Op> op, std::initializer_list<Var> inputs) {
    return record(std::move(op), std::span<const Var>(inputs.begin(), inputs.size()));
  }

  /// Number of entries.
  Index size() const { return static_cast<Index>(nodes_.size()); }
  const Node& node(Index id) const;
  Index input(const Node& node, int i) const {
    return inputs_[static_cast<size_t>(node.first_input + i)];
  }
  Var var(Index id) { return {this, id}; }
  std::vector<Var> inputs_of(Index id);
  /// The name given to a leaf, empty if none was.
  const std::string& name_of(Index id) const;

  /// What the calls recorded under Label number `label` are part of ("conv_1"); empty for 0.
  const std::string& label_text(int label) const { return labels_[static_cast<size_t>(label)]; }

  /// Whether any Recompute was opened.
  bool has_blocks() const { return blocks_ > 0; }
  /// Records call `id` again, on other inputs: for a rule that recomputes what was not kept.
  Var record_copy(Index id, std::span<const Var> inputs);

  /// The numbers of entry `id`, computing what they need and is not yet known. Kept until the tape
  /// goes.
  Array value(Index id);

  Context& context() { return *context_; }

 private:
  friend class Label;
  friend class RuleScope;
  friend class Recompute;

  std::vector<Index> uncomputed_ancestors(Index id);

  std::deque<Node> nodes_;
  std::vector<Index> inputs_;
  std::unordered_map<Index, std::string> names_;
  std::vector<std::string> labels_{std::string()};
  int label_ = 0;  // of what is recorded now
  Index rule_of_ = -1;
  int rule_of_input_ = 0;
  int block_ = 0;
  int blocks_ = 0;  // opened so far
  std::unique_ptr<Context> own_context_;
  Context* context_;
};

/// Calls recorded while it lives are part of `text`, a layer's name for example; so are those that
/// their rules record later. For people's eyes: it changes no number.
class Label {
 public:
  Label(Tape& tape, std::string text);
  ~Label();
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

 private:
  Tape& tape_;
  int before_;
};

/// Calls recorded while it lives are a block whose values rules do not keep: a rule of the block
/// reads values computed anew from what the block read, so that a program holds them only for
/// moments (T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174).
/// The numbers are the same. Blocks do not nest.
class Recompute {
 public:
  explicit Recompute(Tape& tape);
  ~Recompute();
  Recompute(const Recompute&) = delete;
  Recompute& operator=(const Recompute&) = delete;

 private:
  Tape& tape_;
};

/// Calls recorded while it lives come from the rule of call `id` for its input `input`.
class RuleScope {
 public:
  RuleScope(Tape& tape, Index id, int input);
  ~RuleScope();
  RuleScope(const RuleScope&) = delete;
  RuleScope& operator=(const RuleScope&) = delete;

 private:
  Tape& tape_;
  int label_before_;
  Index rule_before_;
  int input_before_;
};

/// The output of `op` for these arrays: a view of the input where the op allows it, else computed
/// into fresh storage.
Array compute(const Op& op, Context& context, std::span<const Array> inputs, const ArrayType& type);

}  // namespace autonet
