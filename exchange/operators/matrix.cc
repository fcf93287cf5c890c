// Products of matrices.
#include "autonet/ops/matmul.h"

#include <cmath>
#include <map>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/einsum.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// As NumPy's matmul, also for vectors.
Outputs matmul_of(const Call& c) {
  Var a = c.in(0);
  Var b = c.in(1);
  const bool row = a.rank() == 1;
  const bool column = b.rank() == 1;
  if (row) a = unsqueeze(a, 0);
  if (column) b = unsqueeze(b, 1);
  Var y = matmul(a, b);
  if (column) y = squeeze(y, {y.rank() - 1});
  if (row) y = squeeze(y, {y.rank() - (column ? 1 : 2)});
  return c.result(y);
}

/// alpha a b + beta c
Outputs gemm_of(const Call& c) {
  (void)c.whole("broadcast", 1);
  Var a = c.in(0);
  Var b = c.in(1);
  if (a.rank() != 2 || b.rank() != 2)
    c.wrong("needs matrices, got ", a.shape(), " and ", b.shape());
  if (c.whole("transA", 0) != 0) a = swap_axes(a, 0, 1);
  if (c.whole("transB", 0) != 0) b = swap_axes(b, 0, 1);
  const double alpha = c.number("alpha", 1.0);
  const double beta = c.number("beta", 1.0);
  Var y = matmul(a, b);
  if (alpha != 1.0) y = alpha * y;
  if (c.has(2)) y = y + (beta == 1.0 ? c.in(2) : beta * c.in(2));
  return c.result(y);
}

/// The formula with a letter for each axis of "..." and with its output.
std::string full_formula(const Call& c, const std::string& given) {
  std::string text;
  for (const char letter : given) {
    if (letter != ' ') text += letter;
  }
  std::string free;  // letters for the axes of "..."
  for (const char letter : std::string("zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA")) {
    if (text.find(letter) == text.npos) free += letter;
  }
  const size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  size_t most = 0;
  std::string full;
  std::map<char, int> counts;
  size_t input = 0;
  for (size_t start = 0; start <= inputs.size(); ++input) {
    const size_t end = std::min(inputs.find(',', start), inputs.size());
    std::string part = inputs.substr(start, end - start);
    const size_t dots = part.find("...");
    if (dots != part.npos) {
      const auto rank = static_cast<size_t>(c.in(input).rank());
      if (rank + 3 < part.size()) c.wrong("\"", given, "\" does not fit ", c.in(input).shape());
      const size_t count = rank + 3 - part.size();
      if (count > free.size()) c.unsupported("more letters than the alphabet has");
      most = std::max(most, count);
      part.replace(dots, 3, free.substr(free.size() - count));
    }
    for (const char letter : part) ++counts[letter];
    full += (input > 0 ? "," : "") + part;
    start = end + 1;
  }
  const std::string dotted = free.substr(free.size() - most);
  std::string output;
  if (arrow == text.npos) {
    output = dotted;
    for (const auto& [letter, count] : counts) {
      if (count == 1 && dotted.find(letter) == dotted.npos) output += letter;
    }
  } else {
    output = text.substr(arrow + 2);
    if (const size_t dots = output.find("..."); dots != output.npos)
      output.replace(dots, 3, dotted);
  }
  return full + "->" + output;
}

Outputs einsum_of(const Call& c) {
  std::vector<Var> arrays;
  for (size_t i = 0; i < c.inputs(); ++i) arrays.push_back(c.in(i));
  return c.result(einsum(full_formula(c, c.text("equation", "")), arrays));
}

Var shifted(const Call& c, size_t i, size_t zero_point, bool rows) {
  const Var x = c.in(i);
  if (!c.has(zero_point)) return x;
  const Var zero = c.in(zero_point);
  if (rows && zero.rank() == 1 && zero.shape().size() > 1) return x - unsqueeze(zero, 1);
  return x - zero;
}

Outputs matmul_integer(const Call& c) {
  return c.result(matmul(shifted(c, 0, 2, true), shifted(c, 1, 3, false)), Element::int32);
}

/// The determinant of matrices of up to 3 rows, by its formula.
Outputs det_of(const Call& c) {
  Var a = c.in(0);
  if (a.rank() < 2 || a.shape()[a.rank() - 1] != a.shape()[a.rank() - 2]) {
    c.wrong("needs square matrices, got ", a.shape());
  }
  const Index n = a.shape()[a.rank() - 1];
  if (n > 3) c.unsupported("determinants of more than 3 rows");
  const auto at = [&](Index i, Index j) {
    const Var row = squeeze(slice(a, a.rank() - 2, i, 1), {a.rank() - 2});
    return squeeze(slice(row, row.rank() - 1, j, 1), {row.rank() - 1});
  };
  if (n == 0) return c.result(filled(c.tape(), {{}, a.dtype()}, 1.0));
  if (n == 1) return c.result(at(0, 0));
  const auto minor = [&](Index i, Index j, Index k, Index l) {
    return at(i, k) * at(j, l) - at(i, l) * at(j, k);
  };
  if (n == 2) return c.result(minor(0, 1, 0, 1));
  return c.result(at(0, 0) * minor(1, 2, 1, 2) - at(0, 1) * minor(1, 2, 0, 2) +
                  at(0, 2) * minor(1, 2, 0, 1));
}

}  // namespace

std::vector<Operator> matrix_operators() {
  return {{"MatMul", matmul_of},
          {"Gemm", gemm_of},
          {"Einsum", einsum_of},
          {"MatMulInteger", matmul_integer},
          {"Det", det_of}};
}

}  // namespace autonet::exchange
