#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "autonet/autograd/few_numbers.h"
#include "autonet/autograd/op.h"
#include "autonet/autograd/stable_list.h"
#include "autonet/autograd/tape_place.h"
#include "autonet/autograd/var.h"

namespace autonet {

namespace internal {
class RuleScope;

/// A leaf whose array the caller shares, and what its numbers were when values were computed.
struct SharedLeaf {
  Index id = 0;
  std::uint64_t fingerprint = 0;
};
}  // namespace internal

/// One entry of a tape: a leaf (op is null) or a call of an op on earlier entries.
struct Node {
  std::shared_ptr<const Op> op;  ///< null for a leaf
  Index first_input = 0;         ///< position in the tape's list of inputs: see Tape::input
  int input_count = 0;           ///< number of inputs, 0 for a leaf
  ArrayType type;                ///< of the value
  Array value;                   ///< a leaf's numbers, or a call's once they are computed
  int label = 0;                 ///< the part of the model that it belongs to: see Label
  Index rule_of = -1;            ///< the call whose rule recorded it, -1 if no rule did
  int rule_of_input = 0;         ///< the input of that call which the rule is for
  int block = 0;                 ///< see Recompute; 0 outside of blocks
  Index copy_of = -1;            ///< the call that this one computes again for a rule, or -1
  bool found = false;            ///< a mark of Tape::value while it searches
  bool shared = false;           ///< a leaf whose array the caller may write to
};

/// An append-only list of calls of ops: a recorded computation.
///
/// Recording infers shapes and computes nothing. Numbers are computed when asked for, once, and
/// only those that the answer needs. Entries refer to earlier entries only, so they can be computed
/// in the order of the tape, and nothing here recurses.
///
/// A Tape owns its entries and the numbers computed for them; it shares the arrays of its leaves
/// with the caller. It can be moved, so it can be returned or kept in a vector: Vars, and
/// references to entries, stay valid until it is destroyed. One that was moved from can be
/// destroyed or assigned to; recording on it throws Error. A Tape is used by one thread at a time
/// and shares nothing with other tapes.
class Tape {
 public:
  /// Computes on the calling thread alone.
  Tape();
  /// Computes on `context`, which must outlive the tape.
  explicit Tape(Context& context);
  /// Takes over all entries.
  Tape(Tape&& other) noexcept;
  /// The same; the entries that this tape had are gone.
  Tape& operator=(Tape&& other) noexcept;
  ~Tape();

  /// A leaf with numbers. The array is shared, not copied; see value() for what happens when its
  /// numbers are changed. Throws Error if it has no data.
  Var variable(Array value, std::string name = {});
  /// The same, for numbers that are a fixed part of the computation.
  Var constant(Array value) { return variable(std::move(value)); }
  /// A leaf without numbers: shapes can be inferred and programs planned (see Program), but asking
  /// for a value that depends on it throws Error.
  Var placeholder(const ArrayType& type, std::string name);

  /// Appends a call. Throws what op->infer throws, and Error if the op is null, takes another
  /// number of inputs (Op::arity), or an input is from another tape.
  Var record(std::shared_ptr<const Op> op, List<Var> inputs);

  /// Number of entries.
  Index size() const { return static_cast<Index>(nodes_.size()); }
  /// Entry `id`. Throws Error if there is none.
  const Node& node(Index id) const {
    if (id < 0 || id >= size()) throw_outside(id);
    return nodes_[static_cast<size_t>(id)];
  }
  /// The entry that is input i of a node of this tape, 0 <= i < node.input_count.
  Index input(const Node& node, int i) const {
    return inputs_[static_cast<size_t>(node.first_input + i)];
  }
  /// Entry `id` as a Var. Throws Error if there is none.
  Var var(Index id) const {
    (void)node(id);
    return {internal::TapeTurn(place_), static_cast<std::uint32_t>(id)};
  }
  /// The inputs of entry `id`; none for a leaf.
  std::vector<Var> inputs_of(Index id) const;
  /// The named leaf that was made of `value`, the latest if there are several; an invalid Var if
  /// there is none.
  Var find_leaf(const Array& value);
  /// The name given to a leaf, empty if none was.
  const std::string& name_of(Index id) const;

  /// The text of Label number `label` ("conv_1"); empty for 0. Throws Error if there is none.
  const std::string& label_text(int label) const;

  /// Records call `id` again, on other inputs: for a rule that recomputes what was not kept.
  Var record_copy(Index id, std::span<const Var> inputs);

  /// The numbers of entry `id`, to be read only. Computes what they need and is not yet known, and
  /// keeps it. If the caller has changed the numbers of a leaf since then, everything is computed
  /// again: each call compares the leaves whose arrays the caller shares with what they were (it
  /// reads them once). Throws Error if the numbers depend on a placeholder.
  Array value(Index id);

  /// Where values are computed.
  Context& context();

 private:
  friend class Label;
  friend class internal::RuleScope;
  friend class Recompute;

  /// Adds an entry. Throws Error if the tape was moved from or is full.
  Node& append();
  Var last() const { return var(size() - 1); }
  Node& entry(Index id) { return nodes_[static_cast<size_t>(id)]; }
  [[noreturn]] void throw_outside(Index id) const;
  ArrayType infer(const Op& op, std::span<const Var> inputs) const;
  void share(Index leaf);
  void forget_outdated_values();
  void find_uncomputed_ancestors(Index id);
  void compute_value(Node& call);

  internal::TapePlace* place_ = nullptr;  // null if moved from
  internal::StableList<Node> nodes_;
  std::vector<Index> inputs_;
  std::vector<internal::SharedLeaf> shared_;
  std::vector<Index> uncomputed_;  // what find_uncomputed_ancestors found, in the tape's order
  internal::FewNumbers few_numbers_;
  std::unordered_map<Index, std::string> names_;
  std::unordered_map<const void*, Index> leaves_;  // those with a name, by where their numbers are
  std::vector<std::string> labels_;                // label i is labels_[i - 1]
  int label_ = 0;                                  // of what is recorded now
  Index rule_of_ = -1;
  int rule_of_input_ = 0;
  int block_ = 0;
  int blocks_ = 0;  // opened so far
  std::unique_ptr<Context> own_context_;
  Context* context_ = nullptr;
};

/// Gives the calls recorded while it lives a text, a layer's name for example; the calls that their
/// rules record later get it too. Reports print it; it changes no number.
class Label {
 public:
  /// Labels what is recorded on `tape` from now on.
  Label(Tape& tape, std::string text);
  /// Restores the label that was in force before.
  ~Label();
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

 private:
  internal::TapeTurn tape_;
  int before_;
};

/// Makes the calls recorded while it lives a block whose values are not kept for rules: a rule of
/// the block reads values that are computed again from the inputs of the block, so that a program
/// holds them for a short time only (T. Chen et al., "Training Deep Nets with Sublinear Memory
/// Cost", arXiv:1604.06174). The numbers are the same.
class Recompute {
 public:
  /// Opens a block. Throws Error if one is open: blocks do not nest.
  explicit Recompute(Tape& tape);
  /// Closes the block.
  ~Recompute();
  Recompute(const Recompute&) = delete;
  Recompute& operator=(const Recompute&) = delete;

 private:
  internal::TapeTurn tape_;
};

/// The output of `op` for these arrays, without a tape: a view of the input where the op allows it,
/// else computed into fresh storage. `type` is the inferred type. Throws Error if an input has no
/// data.
Array compute(const Op& op, std::span<const Array> inputs, const ArrayType& type, Context& context);

}  // namespace autonet
