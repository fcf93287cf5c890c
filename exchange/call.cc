#include "exchange/call.h"

#include <algorithm>
#include <cmath>

#include "exchange/operators/families.h"
#include "exchange/record_graph.h"

namespace autonet::exchange {
namespace {

constexpr Index kLongest = Index{1} << 48;

const std::vector<Operator>& all_operators() {
  static const std::vector<Operator> kAll = [] {
    std::vector<Operator> rows;
    for (const auto& family : operator_families()) {
      const std::vector<Operator> more = family();
      rows.insert(rows.end(), more.begin(), more.end());
    }
    std::ranges::sort(rows, {}, &Operator::name);
    return rows;
  }();
  return kAll;
}

}  // namespace

Index as_length(std::int64_t number) {
  return std::clamp<Index>(static_cast<Index>(number), -kLongest, kLongest);
}

const Operator* find_operator(std::string_view name) {
  const std::vector<Operator>& all = all_operators();
  const auto found = std::ranges::lower_bound(all, name, {}, &Operator::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const Operator& row : all_operators()) names.emplace_back(row.name);
  return names;
}

const Tensor& Call::tensor(size_t i) const {
  if (!has(i)) wrong("input ", i, " is missing");
  return inputs_[i];
}

const Tensor& Call::value(size_t i) const {
  static const Tensor kAbsent;
  return i < inputs_.size() ? inputs_[i] : kAbsent;
}

const Sequence& Call::sequence(size_t i) const {
  if (value(i).items == nullptr) wrong("input ", i, " is no sequence");
  return *inputs_[i].items;
}

const AttributeProto* Call::find(std::string_view name) const {
  for (const AttributeProto& attribute : node_.attribute) {
    if (attribute.name != name) continue;
    read_.insert(attribute.name);
    if (!attribute.ref_attr_name.empty()) unsupported("attribute ", name, " of a function");
    return &attribute;
  }
  return nullptr;
}

Index Call::whole(std::string_view name, Index fallback) const {
  const AttributeProto* found = find(name);
  if (found == nullptr) return fallback;
  if (!found->i) wrong("attribute ", name, " is not a whole number");
  return as_length(*found->i);
}

double Call::number(std::string_view name, double fallback) const {
  const AttributeProto* found = find(name);
  if (found == nullptr) return fallback;
  if (!found->f) wrong("attribute ", name, " is not a number");
  return static_cast<double>(*found->f);
}

std::string Call::text(std::string_view name, std::string_view fallback) const {
  const AttributeProto* found = find(name);
  if (found == nullptr) return std::string(fallback);
  if (!found->s) wrong("attribute ", name, " is not a text");
  return *found->s;
}

std::optional<std::vector<Index>> Call::wholes(std::string_view name) const {
  const AttributeProto* found = find(name);
  if (found == nullptr) return std::nullopt;
  std::vector<Index> numbers;
  for (const std::int64_t number : found->ints) numbers.push_back(as_length(number));
  return numbers;
}

std::vector<double> Call::numbers(std::string_view name) const {
  const AttributeProto* found = find(name);
  if (found == nullptr) return {};
  return {found->floats.begin(), found->floats.end()};
}

std::vector<std::string> Call::texts(std::string_view name) const {
  const AttributeProto* found = find(name);
  return found == nullptr ? std::vector<std::string>{} : found->strings;
}

const TensorProto* Call::tensor_attribute(std::string_view name) const {
  const AttributeProto* found = find(name);
  return found == nullptr || found->t.empty() ? nullptr : &found->t[0];
}

const GraphProto* Call::graph(std::string_view name) const {
  const AttributeProto* found = find(name);
  return found == nullptr || found->g.empty() ? nullptr : &found->g[0];
}

std::vector<Tensor> Call::record_subgraph(const GraphProto& graph,
                                          std::span<const Tensor> inputs) const {
  if (graph.input.size() != inputs.size()) {
    wrong("graph ", graph.name, " has ", graph.input.size(), " inputs, got ", inputs.size());
  }
  Values values = scope_;
  add_initializers(tape_, graph, values);
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.input[i].name] = inputs[i];
  return record_nodes(tape_, graph, opset_, values);
}

const Tensor* Call::in_scope(std::string_view name) const {
  const auto found = scope_.find(name);
  return found == scope_.end() ? nullptr : &found->second;
}

void Call::check_all_read() const {
  for (const AttributeProto& attribute : node_.attribute) {
    if (!read_.contains(attribute.name)) unsupported("attribute ", attribute.name);
  }
}

Array Call::known(size_t i) const {
  const Tensor& input = tensor(i);
  if (input.known.has_data()) return input.known;
  try {
    return input.var.value();
  } catch (const Error&) {
    unsupported("the numbers of input ", i, " must be known while the graph is recorded");
  }
}

std::vector<Index> Call::known_wholes(size_t i) const {
  std::vector<Index> wholes;
  for (const double number : known(i).to_vector()) {
    if (std::isnan(number)) wrong("input ", i, " holds a NaN where a whole number is needed");
    constexpr auto kMost = static_cast<double>(kLongest);
    wholes.push_back(static_cast<Index>(std::clamp(number, -kMost, kMost)));
  }
  return wholes;
}

Index Call::known_whole(size_t i) const {
  const std::vector<Index> wholes = known_wholes(i);
  if (wholes.size() != 1) wrong("input ", i, " has ", wholes.size(), " numbers, not one");
  return wholes[0];
}

std::optional<std::vector<Index>> Call::wholes(std::string_view attribute, size_t i) const {
  if (has(i)) return known_wholes(i);
  return wholes(attribute);
}

Tensor Call::constant(const Array& array, Element type) const {
  const Array numbers = array.to(dtype_of(type));
  return {tape_.constant(numbers), type, numbers};
}

Tensor Call::constant(List<Index> numbers) const {
  Array array = Array::uninitialized({{std::ssize(numbers)}, DType::f64});
  for (size_t i = 0; i < numbers.size(); ++i)
    array.data<double>()[i] = static_cast<double>(numbers[i]);
  return constant(array, Element::int64);
}

std::vector<Tensor> Call::result(Var y, Element type) const {
  return {{wrapped(y, type), type, {}}};
}

}  // namespace autonet::exchange
