#include "check/rule_edits.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "autograd/wrapped_op.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/recognize.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

/// Gives another value for a call with these inputs, or std::nullopt to leave it as it is.
using CallEdit = std::function<std::optional<Var>(Tape&, Index id, std::span<const Var>)>;

/// Records again those of the calls begin … end - 1 for which `edit` gives another value, or which
/// depend on one that changed. Returns the new values by the number of the old call.
std::unordered_map<Index, Var> recorded_again(Tape& tape, Index begin, Index end,
                                              const CallEdit& edit) {
  std::unordered_map<Index, Var> changed;
  for (Index id = begin; id < end; ++id) {
    const Node node = tape.node(id);
    if (node.op == nullptr) continue;
    std::vector<Var> inputs = tape.inputs_of(id);
    bool moved = false;
    for (Var& input : inputs) {
      const auto found = changed.find(input.id());
      if (found == changed.end()) continue;
      input = found->second;
      moved = true;
    }
    const Label label(tape, tape.label_text(node.label));
    if (const std::optional<Var> other = edit(tape, id, inputs)) {
      changed.emplace(id, *other);
    } else if (moved) {
      changed.emplace(id, tape.record(node.op, inputs));
    }
  }
  return changed;
}

/// Records the rule, then again with some of its calls changed. std::nullopt if none changed, or if
/// the shapes no longer fit.
std::optional<Var> edited(const RuleCall& rule, const CallEdit& edit) {
  Tape& tape = rule.ybar.tape();
  const Index begin = tape.size();
  const Var xbar = rule.record();
  const auto changed = recorded_again(tape, begin, tape.size(), edit);
  const auto found = changed.find(xbar.id());
  if (found == changed.end() || found->second.type() != xbar.type()) return std::nullopt;
  return found->second;
}

/// The window of a convolution moved by `by` places, with the same output size.
Window shifted(Window window, Index by) {
  for (AxisWindow* axis : {&window.rows, &window.cols}) {
    axis->lo += by;
    axis->hi -= by;
  }
  return window;
}

std::optional<Var> with_windows_shifted(const RuleCall& rule, Index by) {
  return edited(rule, [by](Tape& tape, Index id, std::span<const Var> in) -> std::optional<Var> {
    const std::optional<internal::ConvCall> conv = internal::as_conv2d(*tape.node(id).op);
    if (!conv) return std::nullopt;
    return conv2d(in[0], in[1], shifted(conv->window, by), conv->options);
  });
}

std::optional<Var> without_first_flip(const RuleCall& rule) {
  bool done = false;
  return edited(rule, [&](Tape& tape, Index id, std::span<const Var> in) -> std::optional<Var> {
    if (done || tape.node(id).op->name() != "flip") return std::nullopt;
    done = true;
    return in[0];
  });
}

std::optional<Var> with_kernels_flipped(const RuleCall& rule) {
  return edited(rule, [](Tape& tape, Index id, std::span<const Var> in) -> std::optional<Var> {
    const std::shared_ptr<const Op> op = tape.node(id).op;
    if (!internal::as_conv2d(*op)) return std::nullopt;
    return tape.record(op, {in[0], flip(in[1], {0, 1})});
  });
}

/// The rule with ybar and the result both flipped along their last axes.
std::optional<Var> mirrored(const RuleCall& rule) {
  const Shape& x = rule.inputs[static_cast<size_t>(rule.input)].shape();
  if (x.rank() == 0 || rule.ybar.shape().rank() == 0 || x[x.rank() - 1] < 2) return std::nullopt;
  RuleCall flipped = rule;
  flipped.ybar = flip(rule.ybar, {-1});
  return flip(flipped.record(), {-1});
}

/// The last two axes longer than 1 are exchanged, and the numbers are read in the old shape.
std::optional<Var> with_axes_swapped(Var xbar) {
  const Shape& shape = xbar.shape();
  std::vector<int> longer;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] > 1) longer.push_back(axis);
  }
  if (longer.size() < 2) return std::nullopt;
  return reshape(swap_axes(xbar, longer[0], longer[1]), shape);
}

/// ybar with its last image (along the first axis) set to zero.
std::optional<Var> without_last(Var ybar) {
  const Shape& shape = ybar.shape();
  if (shape.rank() == 0 || shape[0] < 1) return std::nullopt;
  std::vector<Index> lengths(static_cast<size_t>(shape.rank()), 1);
  lengths[0] = shape[0];
  Array keep = Array::full({Shape(lengths), ybar.dtype()}, 1.0);
  std::vector<Index> last(lengths.size(), 0);
  last[0] = shape[0] - 1;
  keep.set(last, 0.0);
  return ybar * ybar.tape().constant(keep);
}

/// Does the same as another op, except for one of its rules.
class Mistaken : public WrappedOp {
 public:
  Mistaken(std::shared_ptr<const Op> op, int input, const RuleEdit& mistake)
      : WrappedOp(std::move(op)), input_(input), mistake_(mistake) {}

  Var vjp(int i, std::span<const Var> in, Var y, Var ybar) const override {
    const RuleCall rule{op_, i, {in.begin(), in.end()}, y, ybar};
    const std::optional<Var> wrong = i == input_ ? mistake_.record(rule) : std::nullopt;
    return wrong ? *wrong : rule.record();
  }

 private:
  int input_;
  RuleEdit mistake_;
};

}  // namespace

const std::vector<RuleEdit>& rule_edits() {
  static const std::vector<RuleEdit> kEdits{
      {"no-flip", "a flip is left out", "", without_first_flip},
      {"", "", "the kernel is not flipped: one more flip makes the rule right",
       with_kernels_flipped},
      {"", "",
       "the padding at the start is one too large: k - p - 1 instead of k - p makes the rule right",
       [](const RuleCall& rule) { return with_windows_shifted(rule, -1); }},
      {"padding", "padding k - p instead of k - p - 1 (off by one)",
       "the padding at the start is one too small: one more makes the rule right",
       [](const RuleCall& rule) { return with_windows_shifted(rule, 1); }},
      {"", "",
       "a flip is missing: flipping ybar and the result along the last axis makes the rule right",
       mirrored},
      {"axes-swapped", "two axes of the result are exchanged", "",
       [](const RuleCall& rule) { return with_axes_swapped(rule.record()); }},
      {"factor", "a factor of 1.001", "",
       [](const RuleCall& rule) { return std::optional(scale(rule.record(), 1.001)); }},
      {"sign", "the sign is wrong", "",
       [](const RuleCall& rule) { return std::optional(negate(rule.record())); }},
      {"lost-term", "the rule gives zero: a term of the gradient is lost", "",
       [](const RuleCall& rule) {
         const Var& x = rule.inputs[static_cast<size_t>(rule.input)];
         return std::optional(filled(x.tape(), x.type(), 0.0));
       }},
      {"lost-image", "the last image is left out of the sum", "",
       [](const RuleCall& rule) -> std::optional<Var> {
         const std::optional<Var> ybar = without_last(rule.ybar);
         if (!ybar) return std::nullopt;
         RuleCall less = rule;
         less.ybar = *ybar;
         return less.record();
       }},
      {"forgotten", "the derivative is left out: xbar = ybar", "",
       [](const RuleCall& rule) -> std::optional<Var> {
         const Var& x = rule.inputs[static_cast<size_t>(rule.input)];
         if (x.type() != rule.ybar.type()) return std::nullopt;
         return rule.ybar;
       }},
  };
  return kEdits;
}

NamedMistake named_mistake(const std::string& mistake) {
  const size_t at = mistake.find('@');
  const std::string name = mistake.substr(0, at);
  std::vector<std::string> known;
  NamedMistake found;
  for (const RuleEdit& edit : rule_edits()) {
    if (edit.name.empty()) continue;
    known.push_back(edit.name);
    if (edit.name == name) found.mistake = edit;
  }
  if (found.mistake.name.empty()) {
    throw Error(text::concat("unknown mistake \"", name, "\"", text::did_you_mean(name, known)));
  }
  if (at == std::string::npos) return found;
  int input = 0;
  const char* const end = mistake.data() + mistake.size();
  const auto [stop, error] = std::from_chars(mistake.data() + at + 1, end, input);
  if (error != std::errc() || stop != end || input < 0) {
    throw Error(text::concat("\"", mistake, "\": the number of an input must follow the @"));
  }
  found.input = input;
  return found;
}

std::shared_ptr<const Op> with_mistake(std::shared_ptr<const Op> op, int input,
                                       const RuleEdit& mistake) {
  return std::make_shared<Mistaken>(std::move(op), input, mistake);
}

Var with_op_replaced(Var y, Index id, const std::shared_ptr<const Op>& op) {
  const auto replace = [&](Tape& tape, Index call,
                           std::span<const Var> inputs) -> std::optional<Var> {
    if (call != id) return std::nullopt;
    return tape.record(op, inputs);
  };
  const auto changed = recorded_again(y.tape(), id, y.id() + 1, replace);
  const auto found = changed.find(y.id());
  return found == changed.end() ? y : found->second;
}

}  // namespace autonet::internal
