#include "exchange/c_source_rules.h"

#include <array>

#include "autonet/ops/table.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_elementwise.h"
#include "exchange/c_source_windows.h"

namespace autonet::internal {
namespace {

using text::concat;

struct RuleText {
  std::string_view op;
  int input;
  std::string_view formula;
};

constexpr auto kRules = std::to_array<RuleText>({
    {"matmul", 0, "abar = ybar transpose(b)"},
    {"matmul", 1, "bbar = transpose(a) ybar"},
    {"add", 0, "abar = the sum of ybar over the places at which a was added"},
    {"add", 1, "bbar = the sum of ybar over the places at which b was added"},
    {"relu", 0, "xbar = 0 where y <= 0, else ybar"},
    {"tanh", 0, "xbar = ybar / cosh(x)^2"},
    {"sigmoid", 0, "xbar = ybar y (1 - y)"},
    {"max_pool2d", 0, "xbar = each ybar at the place of its window's largest x"},
    {"gather_patches", 0, "xbar = each ybar at the place from which its x was taken"},
    {"softmax_cross_entropy", 0, "zbar = (softmax(z) sum of t - t) / N"},
});

/// The formula of an op in the op table, in which "·" and "…" are written in ASCII.
std::string formula_in_table(std::string_view name) {
  for (const OpInfo& row : op_table()) {
    if (row.name != name) continue;
    std::string formula(row.formula);
    for (std::size_t at; (at = formula.find("·")) != formula.npos;) formula.replace(at, 2, "*");
    for (std::size_t at; (at = formula.find("…")) != formula.npos;) formula.replace(at, 3, "...");
    return formula;
  }
  return std::string(name);
}

}  // namespace

std::string formula_of_call(const Tape& tape, Index call, bool ends_rule) {
  const Node& node = tape.node(call);
  const std::string_view op = node.op->name();
  if (const auto conv = as_conv2d(*node.op)) return convolution_rule(node, tape, *conv);
  if (ends_rule) {
    const std::string_view of = tape.node(node.rule_of).op->name();
    for (const RuleText& rule : kRules) {
      if (rule.op == of && rule.input == node.rule_of_input) return std::string(rule.formula);
    }
  }
  if (op == "reshape") return "y = x, row by row";
  if (op == "accumulate") return "the sum of the derivatives by several ways";
  if (op == "matmul" && node.type.shape.rank() == 2) return "y[m,n] = sum over k of a[m,k] b[k,n]";
  const CExpression* const each = find_expression(op);
  std::string formula = each != nullptr ? std::string(each->formula) : formula_in_table(op);
  if (ends_rule) {
    formula += concat("; ends the rule of ", tape.node(node.rule_of).op->name(), " for input ",
                      node.rule_of_input);
  }
  return formula;
}

}  // namespace autonet::internal
