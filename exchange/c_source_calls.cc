#include "exchange/c_source_calls.h"

#include <algorithm>

#include "autonet/ops/elementwise.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_elementwise.h"
#include "exchange/c_source_functions.h"
#include "exchange/c_source_rules.h"
#include "exchange/c_source_windows.h"
#include "ops/recognize.h"

namespace autonet::internal {
namespace {

using text::concat;

/// "(const int32_t[]){1, 2}"
std::string list_text(const Shape& shape) {
  return concat("(const int32_t[]){", lengths_text(shape), "}");
}

}  // namespace

Array layout_of(const ArrayType& type) {
  alignas(64) static std::byte stand_in[64];
  return Array::wrap(stand_in, type, nullptr);
}

std::string array_text(const CArray& array) {
  const Shape& shape = array.layout.shape();
  std::vector<Index> steps;
  steps.reserve(static_cast<std::size_t>(shape.rank()));
  for (int axis = 0; axis < shape.rank(); ++axis) steps.push_back(array.layout.stride(axis));
  if (shape.rank() == 0) steps = {0};
  return concat(array.name, " = {", array.at, ", ", shape.rank(), ", {",
                shape.rank() == 0 ? "0" : lengths_text(shape), "}, {", text::joined(steps, ", "),
                "}};");
}

CCalls::CCalls(const CProgram& program, CParts& parts, std::map<Index, std::string> names,
               std::string unlabelled)
    : program_(program),
      tape_(program.tape()),
      parts_(parts),
      names_(std::move(names)),
      unlabelled_(std::move(unlabelled)) {
  for (const CStep& step : program_.steps()) {
    if (step.call < 0) continue;
    const Node& node = tape_.node(step.call);
    if (node.rule_of >= 0) last_of_rule_[{node.rule_of, node.rule_of_input}] = step.call;
  }
}

std::string CCalls::use(const std::string& function) {
  parts_.functions.insert(function);
  return function;
}

std::string CCalls::part_of(Index call) const {
  const Node& node = tape_.node(call);
  const std::string& label = tape_.label_text(node.label);
  return concat(label.empty() ? unlabelled_ : label, node.rule_of >= 0 ? ", backward" : "");
}

std::string CCalls::name_of(Index id) const {
  const Node& node = tape_.node(id);
  if (node.op == nullptr && !tape_.name_of(id).empty()) return tape_.name_of(id);
  const std::string& label = tape_.label_text(node.label);
  std::string own =
      concat(label.empty() ? unlabelled_ : label, "_", node.op ? node.op->name() : "constant");
  const auto last = last_of_rule_.find({node.rule_of, node.rule_of_input});
  if (node.rule_of < 0 || last == last_of_rule_.end()) return own;
  if (last->second != id) {
    return concat(label.empty() ? unlabelled_ : label, "_back_", node.op->name());
  }
  // The result of a rule is the derivative with respect to an input of the call.
  const Index input = tape_.input(tape_.node(node.rule_of), node.rule_of_input);
  const auto given = names_.find(input);
  return (given == names_.end() ? name_of(input) : given->second) + "_bar";
}

void CCalls::add_constant(Index id) {
  const Array value = tape_.value(id);
  const std::string name = parts_.names.give(name_of(id));
  bool one = value.size() > 0;  // number in all places
  for (int axis = 0; axis < value.rank(); ++axis) {
    one = one && (value.stride(axis) == 0 || value.shape()[axis] == 1);
  }
  parts_.constants.push_back({.name = name,
                              .at = name + "_numbers",
                              .layout = one ? value : value.contiguous(),
                              .comment = tape_.name_of(id)});
  names_[id] = name;
}

void CCalls::add_value(Index id) {
  const Node& node = tape_.node(id);
  const std::string name = parts_.names.give(name_of(id));
  parts_.locals += concat("  static const array ",
                          array_text({.name = name,
                                      .at = concat("memory + ", program_.offset(id)),
                                      .layout = layout_of(node.type)}),
                          "\n");
  names_[id] = name;
}

std::string CCalls::expression(Index id) {
  note_axes(tape_.node(id).type.shape.rank());
  if (program_.view(id)) return view_expression(id);
  if (!names_.contains(id)) program_.constant(id) ? add_constant(id) : add_value(id);
  return names_.at(id);
}

std::string CCalls::permuted(Index id, const std::string& x) {
  const std::vector<int> axes = axes_of_permutation(*tape_.node(id).op, tape_.node(id).type);
  const auto is = [&](const std::vector<int>& other) { return axes == other; };
  const char* name = is({0, 1, 3, 2})   ? "swap_channels"
                     : is({3, 1, 2, 0}) ? "batch_as_channels"
                     : is({1, 2, 0, 3}) ? "images_as_kernel"
                     : is({1, 0})       ? "transpose"
                                        : nullptr;
  if (name != nullptr) return concat(use(name), "(", x, ")");
  return concat(use("permute"), "(", x, ", (const int32_t[]){", text::joined(axes, ", "), "})");
}

std::string CCalls::view_expression(Index id) {
  const Node& node = tape_.node(id);
  const ArrayType& from = tape_.node(tape_.input(node, 0)).type;
  std::string x = expression(tape_.input(node, 0));
  const std::string_view op = node.op->name();
  if (op == "permute") return permuted(id, x);
  if (op == "reshape" || op == "broadcast_to") {
    return concat(use(op == "reshape" ? "reshape" : "broadcast"), "(", x, ", ",
                  node.type.shape.rank(), ", ", list_text(node.type.shape), ")");
  }
  if (op == "flip") {
    const std::vector<int> axes = flipped_axes(*node.op, from);
    if (from.shape.rank() == 4 && axes == std::vector{0, 1})
      return concat(use("flip_kernel"), "(", x, ")");
    if (from.shape.rank() == 4 && axes == std::vector{1, 2})
      return concat(use("flip_images"), "(", x, ")");
    for (const int axis : axes) x = concat(use("flip"), "(", x, ", ", axis, ")");
    return x;
  }
  if (op == "slice") {
    const SliceCall s = slice_call(*node.op, from);
    return concat(use("slice"), "(", x, ", ", s.axis, ", ", s.first, ", ", s.length, ", ", s.every,
                  ")");
  }
  parts_.unsupported.insert(concat(part_of(id), ": ", op));
  return x;
}

std::string CCalls::comment_of(Index call) const {
  const Node& node = tape_.node(call);
  const auto last = last_of_rule_.find({node.rule_of, node.rule_of_input});
  const bool ends = node.rule_of >= 0 && last != last_of_rule_.end() && last->second == call;
  const std::string shape = node.type.shape.rank() == 0 ? "a number" : node.type.shape.str();
  return comment_text(concat(part_of(call), ": ", formula_of_call(tape_, call, ends), "; ", shape,
                             program_.in_place(call) ? ", in place" : ""));
}

std::string CCalls::lines_of(Index call) {
  for (const Var& x : tape_.inputs_of(call)) (void)expression(x.id());
  const std::string y = expression(call);
  return concat("  /* ", comment_of(call), " */\n", call_text(call, y));
}

std::string CCalls::window_name(Index call, const KernelSize& kernel, const Window& window) {
  std::string& name = windows_[window_text(kernel, window)];
  if (name.empty()) {
    const std::string& label = tape_.label_text(tape_.node(call).label);
    name = parts_.names.give(concat(label, label.empty() ? "" : "_", "window"));
    parts_.locals +=
        concat("  static const window ", name, " = ", window_text(kernel, window), ";\n");
  }
  return name;
}

std::string CCalls::convolution(Index call, const std::string& y) {
  const Node& node = tape_.node(call);
  const Window window = as_conv2d(*node.op)->window;
  const Index w = tape_.input(node, 1);
  // conv2d(a, flip(b)) is convolve(a, b), and conv2d(a, w) is convolve(a, flip(w)).
  const Node& of_w = tape_.node(w);
  const bool flipped = of_w.op != nullptr && of_w.op->name() == "flip" && program_.view(w) &&
                       flipped_axes(*of_w.op, of_w.type) == std::vector{0, 1};
  const std::string b = flipped ? expression(tape_.input(of_w, 0))
                                : concat(use("flip_kernel"), "(", expression(w), ")");
  const std::string a = expression(tape_.input(node, 0));
  if (is_plain(window)) {
    return concat("  ", use("convolve"), "(", y, ", ", a, ", ", b, ", ", window.rows.lo, ", ",
                  window.cols.lo, ");\n");
  }
  return concat("  ", use("convolve_window"), "(", y, ", ", a, ", ", b, ", ",
                window_name(call, {1, 1}, window), ");\n");
}

std::string CCalls::pieces(Index call, const std::string& y) {
  const Node& node = tape_.node(call);
  const auto x = [&](int i) { return expression(tape_.input(node, i)); };
  std::string lines;
  if (node.op->name() == "accumulate") {
    if (!program_.in_place(call)) lines = concat("  ", use("copy"), "(", y, ", ", x(0), ");\n");
    for (int i = 1; i < node.input_count; ++i) {
      lines += concat("  ", use("each_add"), "(", y, ", ", y, ", ", x(i), ");\n");
    }
    return lines;
  }
  if (const std::vector<AxisPad>* const pad = as_pad(*node.op)) {
    std::string inside = y;
    for (int axis = 0; axis < node.type.shape.rank(); ++axis) {
      const AxisPad& p = (*pad)[static_cast<std::size_t>(axis)];
      const Index n = tape_.node(tape_.input(node, 0)).type.shape[axis];
      if (p.lo < 0 || p.hi < 0) parts_.unsupported.insert(concat(part_of(call), ": pad that cuts"));
      if (n == node.type.shape[axis]) continue;
      inside =
          concat(use("slice"), "(", inside, ", ", axis, ", ", p.lo, ", ", n, ", ", p.spread, ")");
    }
    return concat("  ", use("fill"), "(", y, ", 0);\n  ", use("copy"), "(", inside, ", ", x(0),
                  ");\n");
  }
  // A concatenation: its axis is the one along which the lengths differ.
  int along = 0;
  for (int axis = 0; axis < node.type.shape.rank(); ++axis) {
    if (tape_.node(tape_.input(node, 0)).type.shape[axis] != node.type.shape[axis]) along = axis;
  }
  Index first = 0;
  for (int i = 0; i < node.input_count; ++i) {
    const Index length = tape_.node(tape_.input(node, i)).type.shape[along];
    lines += concat("  ", use("copy"), "(", use("slice"), "(", y, ", ", along, ", ", first, ", ",
                    length, ", 1), ", x(i), ");\n");
    first += length;
  }
  return lines;
}

std::string CCalls::call_text(Index call, const std::string& y) {
  const Node& node = tape_.node(call);
  const std::string op(node.op->name());
  const auto x = [&](int i) { return expression(tape_.input(node, i)); };
  if (const CExpression* const each = find_expression(op)) {
    const double c = constant_of(find_function(op), *node.op).value_or(0.0);
    return concat("  ", use("each_" + op), "(", y, ", ", x(0), each->inputs == 2 ? ", " + x(1) : "",
                  each->constant ? ", " + number_text(c, parts_.dtype) : "", ");\n");
  }
  if (as_conv2d(*node.op)) return convolution(call, y);
  if (op == "accumulate" || op == "concat" || op == "pad") return pieces(call, y);
  if (op == "reshape") {
    const Shape& shape = tape_.node(tape_.input(node, 0)).type.shape;
    return concat("  ", use("copy"), "(", use("reshape"), "(", y, ", ", shape.rank(), ", ",
                  list_text(shape), "), ", x(0), ");\n");
  }
  if (const auto pool = pooling_of(*node.op)) {
    return concat("  ", use(op), "(", y, ", ", x(0), node.input_count == 2 ? ", " + x(1) : "", ", ",
                  window_name(call, pool->kernel, pool->window), ");\n");
  }
  if (const auto mask = as_dropout_mask(*node.op)) {
    const auto threshold = static_cast<std::uint32_t>(std::min(mask->rate * 0x1p32, 0x1p32 - 1.0));
    return concat("  ", use(op), "(", y, ", step_count, ", threshold, "u, ",
                  number_text(1.0 / (1.0 - mask->rate), parts_.dtype), ", ",
                  static_cast<std::uint32_t>(mask->key), "u, ",
                  static_cast<std::uint32_t>(mask->key >> 32), "u);\n");
  }
  if (op == "matmul") {
    return concat("  ", use(node.type.shape.rank() == 2 ? "matmul" : "matmul_each"), "(", y, ", ",
                  x(0), ", ", x(1), ");\n");
  }
  const bool along_rows = node.type.shape.rank() == 2;  // as an embedding chooses them
  const bool chooses = op == "gather" || op == "scatter_add";
  if (!has_c_function(op) || (chooses && !along_rows)) {
    parts_.unsupported.insert(concat(part_of(call), ": ", op));
    return "";
  }
  return concat("  ", use(op), "(", y, ", ", x(0), node.input_count == 2 ? ", " + x(1) : "",
                ");\n");
}

}  // namespace autonet::internal
