#include "exchange/c_source_elementwise.h"

#include <algorithm>
#include <array>

#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

constexpr auto kExpressions = std::to_array<CExpression>({
    {"add", 2, "y = a + b", "a + b"},
    {"sub", 2, "y = a - b", "a - b"},
    {"mul", 2, "y = a b", "a * b"},
    {"div", 2, "y = a / b", "a / b"},
    {"negate", 1, "y = -a", "-a"},
    {"scale", 1, "y = c a", "c * a", true},
    {"add_constant", 1, "y = a + c", "a + c", true},
    {"exp", 1, "y = e^a", "exponential(a)"},
    {"expm1", 1, "y = e^a - 1", "exp_minus_1(a)"},
    {"log", 1, "y = ln a", "logarithm(a)"},
    {"log1p", 1, "y = ln(1 + a)", "log_of_1_plus(a)"},
    {"sqrt", 1, "y = sqrt(a)", "sqrt@(a)"},
    {"abs", 1, "y = |a|", "a < 0 ? -a : a + 0"},
    {"sign", 1, "y = -1, 0 or 1", "a != a ? a : (number)((a > 0) - (a < 0))"},
    {"erf", 1, "y = erf(a)", "erf@(a)"},
    {"erfc", 1, "y = 1 - erf(a)", "erfc@(a)"},
    {"tanh", 1, "y = tanh(a)", "tangent(a)"},
    {"sech", 1, "y = 1 / cosh(a)", "1 / cosh@(a)"},
    {"sin", 1, "y = sin(a)", "sin@(a)"},
    {"cos", 1, "y = cos(a)", "cos@(a)"},
    {"relu", 1, "y = max(a, 0)", "a < 0 ? 0 : a"},
    {"gate", 2, "y = c b where a <= 0, else b", "a <= 0 ? (c != 0 ? c * b : 0) : b", true},
    {"elu", 1, "y = a if a > 0, else c (e^a - 1)", "a > 0 ? a : c * exp_minus_1(a)", true},
    {"sigmoid", 1, "y = 1 / (1 + e^-a)",
     "a >= 0 ? 1 / (1 + exponential(-a)) : exponential(a) / (1 + exponential(a))"},
    {"softplus", 1, "y = ln(1 + e^a)",
     "(a < 0 ? 0 : a) + log_of_1_plus(exponential(a < 0 ? a : -a))"},
    {"greater", 2, "y = 1 where a > b, else 0", "a > b ? 1 : 0"},
    {"greater_equal", 2, "y = 1 where a >= b, else 0", "a >= b ? 1 : 0"},
    {"less", 2, "y = 1 where a < b, else 0", "a < b ? 1 : 0"},
    {"less_equal", 2, "y = 1 where a <= b, else 0", "a <= b ? 1 : 0"},
    {"equal", 2, "y = 1 where a = b, else 0", "a == b ? 1 : 0"},
    {"masked", 2, "y = b where (a = 0) = (c = 0), else 0",
     "(a < 0 || a > 0) == (c < 0 || c > 0) ? b : 0", true},
    {"maximum", 2, "y = the larger of a and b", "b > a || b != b ? b : a"},
    {"minimum", 2, "y = the smaller of a and b", "b < a || b != b ? b : a"},
});

}  // namespace

std::span<const CExpression> all_expressions() {
  return kExpressions;
}

const CExpression* find_expression(std::string_view op) {
  const auto* const found = std::ranges::find(kExpressions, op, &CExpression::name);
  return found == kExpressions.end() ? nullptr : found;
}

std::string elementwise_function(const CExpression& e) {
  const bool two = e.inputs == 2;
  const char* const parameters = two ? "array a, array b" : "array a";
  std::string text =
      text::concat("/* For each element, ", e.formula, ". */\nstatic void each_", e.name,
                   "(array y, ", parameters, e.constant ? ", number c" : "", ") {\n");
  text +=
      "  const int32_t length = row_length(y);\n"
      "  const int32_t rows = element_count(y) / length;\n"
      "  number *to = writable(y);\n"
      "  a = stretched(a, y);\n";
  if (two) text += "  b = stretched(b, y);\n";
  text +=
      "  for (int32_t row = 0; row < rows; ++row, to += length) {\n"
      "    const number *from_a = row_at(a, row);\n";
  if (two) text += "    const number *from_b = row_at(b, row);\n";
  text +=
      "    for (int32_t k = 0; k < length; ++k) {\n"
      "      const number a_k = from_a[k * row_step(a)];\n";
  if (two) text += "      const number b_k = from_b[k * row_step(b)];\n";
  // The inputs a and b of the expression become a_k and b_k.
  std::string value;
  for (std::size_t i = 0; i < e.value.size(); ++i) {
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const bool alone =
        (i == 0 || !word(e.value[i - 1])) &&
        (i + 1 == e.value.size() || (!word(e.value[i + 1]) && e.value[i + 1] != '@'));
    value += e.value[i];
    if (alone && (e.value[i] == 'a' || e.value[i] == 'b')) value += "_k";
  }
  return text + text::concat("      to[k] = ", value, ";\n    }\n  }\n}\n");
}

}  // namespace autonet::internal
