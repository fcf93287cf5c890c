// Sequences of tensors and optional values. Where an item is, must be known while the graph is
// recorded.
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

constexpr Index kMostItems = 65536;

Outputs sequence_of(Sequence items) {
  return {{.var = {},
           .type = items.empty() ? Element::undefined : items[0].type,
           .known = {},
           .items = std::make_shared<const Sequence>(std::move(items))}};
}

Outputs construct(const Call& c) {
  Sequence items;
  for (size_t i = 0; i < c.inputs(); ++i) items.push_back(c.tensor(i));
  return sequence_of(std::move(items));
}

Outputs empty(const Call& c) {
  c.ignore("dtype");
  return sequence_of({});
}

/// A position that counts from the end if it is negative, from 0 to `most`.
Index position_of(const Call& c, size_t input, Index count, Index most) {
  const Index given = c.known_whole(input);
  const Index position = given < 0 ? given + count : given;
  if (position < 0 || position > most) c.wrong("position ", given, " of ", count, " items");
  return position;
}

Outputs at(const Call& c) {
  const Sequence& items = c.sequence(0);
  const Index count = std::ssize(items);
  return {items[static_cast<size_t>(position_of(c, 1, count, count - 1))]};
}

Outputs insert(const Call& c) {
  Sequence items = c.sequence(0);
  const Index count = std::ssize(items);
  if (count >= kMostItems) c.unsupported("more than ", kMostItems, " items");
  const Index position = c.has(2) ? position_of(c, 2, count, count) : count;
  items.insert(items.begin() + position, c.tensor(1));
  return sequence_of(std::move(items));
}

Outputs erase(const Call& c) {
  Sequence items = c.sequence(0);
  const Index count = std::ssize(items);
  if (count == 0) c.wrong("the sequence is empty");
  items.erase(items.begin() + (c.has(1) ? position_of(c, 1, count, count - 1) : count - 1));
  return sequence_of(std::move(items));
}

Tensor whole_number(const Call& c, double number, Element type) {
  return c.constant(Array::scalar(number, DType::f64), type);
}

Outputs length(const Call& c) {
  return {whole_number(c, static_cast<double>(c.sequence(0).size()), Element::int64)};
}

Outputs split_to_sequence(const Call& c) {
  const Var x = c.in(0);
  const int axis = axis_of(c, c.whole("axis", 0), x.rank());
  const bool keeps = c.whole("keepdims", 1) != 0 || c.has(1);
  const Index n = x.shape()[axis];
  std::vector<Index> lengths(static_cast<size_t>(c.has(1) ? 0 : n), 1);
  if (n > kMostItems) c.unsupported("more than ", kMostItems, " items");
  if (c.has(1)) {
    lengths = c.known_wholes(1);
    if (c.in(1).rank() == 0) {  // parts of this length, the last one may be shorter
      const Index each = lengths[0];
      if (each < 1) c.wrong("split is ", each);
      lengths.assign(static_cast<size_t>(n / each), each);
      if (n % each != 0) lengths.push_back(n % each);
    }
  }
  Sequence items;
  for (const Var part : split(x, lengths, axis))
    items.push_back({keeps ? part : squeeze(part, {axis}), c.type(0), {}});
  return sequence_of(std::move(items));
}

Outputs concat_from_sequence(const Call& c) {
  const Sequence& items = c.sequence(0);
  if (items.empty()) c.wrong("the sequence is empty");
  std::vector<Var> vars;
  for (const Tensor& item : items) vars.push_back(item.var);
  const bool fresh = c.whole("new_axis", 0) != 0;
  const int axis = axis_of(c, c.whole("axis", 0), vars[0].rank() + (fresh ? 1 : 0));
  return c.result(fresh ? stack(vars, axis) : concat(vars, axis), items[0].type);
}

/// The outputs of a graph for each item.
Outputs map(const Call& c) {
  const GraphProto* body = c.graph("body");
  if (body == nullptr) c.wrong("attribute body is missing");
  const size_t count = c.sequence(0).size();
  std::vector<Sequence> outputs(body->output.size());
  for (size_t k = 0; k < count; ++k) {
    Outputs given;
    for (size_t i = 0; i < c.inputs(); ++i) {
      const bool items = c.value(i).items != nullptr;
      if (items && c.sequence(i).size() != count)
        c.wrong("input ", i, " has ", c.sequence(i).size(), " items, not ", count);
      given.push_back(items ? c.sequence(i)[k] : c.tensor(i));
    }
    const Outputs found = c.record_subgraph(*body, given);
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i].push_back(found[i]);
  }
  Outputs all;
  for (Sequence& items : outputs) all.push_back(sequence_of(std::move(items))[0]);
  return all;
}

Outputs identity(const Call& c) {
  if (!c.value(0).is_value()) c.wrong("input 0 is missing");
  return {c.value(0)};
}

/// An optional value is the value itself, or none.
Outputs optional(const Call& c) {
  c.ignore("type");
  if (c.value(0).is_value()) return {c.value(0)};
  Tensor none;
  none.none = true;
  return {none};
}

Outputs has_element(const Call& c) {
  const Tensor& value = c.value(0);
  return {whole_number(c, value.is_value() && !value.none ? 1.0 : 0.0, Element::boolean)};
}

Outputs get_element(const Call& c) {
  if (!c.value(0).is_value() || c.value(0).none) c.wrong("the optional value is empty");
  return {c.value(0)};
}

}  // namespace

std::vector<Operator> sequence_operators() {
  return {{"SequenceConstruct", construct},
          {"SequenceEmpty", empty},
          {"SequenceAt", at},
          {"SequenceInsert", insert},
          {"SequenceErase", erase},
          {"SequenceLength", length},
          {"SequenceMap", map},
          {"SplitToSequence", split_to_sequence},
          {"ConcatFromSequence", concat_from_sequence},
          {"Identity", identity},
          {"Optional", optional},
          {"OptionalHasElement", has_element},
          {"OptionalGetElement", get_element}};
}

}  // namespace autonet::exchange
