#include "autonet/ops/einsum.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>

#include "autonet/autograd/error.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

/// The letters of a formula, and the length of the axis that each of them names.
struct Formula {
  std::string a, b, y;
  std::map<char, Index> lengths;

  Formula(std::string_view text, Var left, Var right) {
    const auto fail = [&](const auto&... what) {
      throw Error(text::concat("einsum: ", what..., "; formula \"", text, "\", a ", left.shape(),
                               ", b ", right.shape()));
    };
    const size_t comma = text.find(',');
    const size_t arrow = text.find("->");
    if (comma == text.npos || arrow == text.npos || comma > arrow) {
      fail("needs a formula like \"ij,jk->ik\"");
    }
    a = text.substr(0, comma);
    b = text.substr(comma + 1, arrow - comma - 1);
    y = text.substr(arrow + 2);
    for (const std::string& part : {a, b, y}) {
      for (const char letter : part) {
        if (std::isalpha(static_cast<unsigned char>(letter)) == 0) {
          fail("an axis is named by a letter, not by \"", letter, "\"");
        }
        if (std::ranges::count(part, letter) > 1) fail("\"", part, "\" names an axis twice");
      }
    }
    for (const auto& [part, x] : {std::pair(a, left), std::pair(b, right)}) {
      if (std::ssize(part) != x.rank()) {
        fail("\"", part, "\" names ", part.size(), " axes of an array of ", x.rank());
      }
      for (size_t axis = 0; axis < part.size(); ++axis) {
        const Index length = x.shape()[static_cast<int>(axis)];
        const auto [known, fresh] = lengths.emplace(part[axis], length);
        if (!fresh && known->second != length) {
          fail("axis \"", part[axis], "\" has lengths ", known->second, " and ", length);
        }
      }
    }
    for (const char letter : y) {
      if (lengths.count(letter) == 0) fail("axis \"", letter, "\" of the output is in no input");
    }
  }

  Index length(const std::string& letters) const {
    Index product = 1;
    for (const char letter : letters) product *= lengths.at(letter);
    return product;
  }
};

bool has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

/// The letters for which keep(letter) is true.
template <typename Keep>
std::string filtered(const std::string& letters, Keep keep) {
  std::string kept;
  std::ranges::copy_if(letters, std::back_inserter(kept), keep);
  return kept;
}

/// x, whose axes are named `from`, with its axes in the order `to`.
Var ordered(Var x, const std::string& from, const std::string& to) {
  std::vector<int> axes;
  for (const char letter : to) axes.push_back(static_cast<int>(from.find(letter)));
  return from == to ? x : permute(x, axes);
}

/// x without the axes that neither the other array nor the output names, summed over them.
Var summed(Var x, std::string& letters, const std::string& others) {
  std::vector<int> gone;
  for (size_t axis = 0; axis < letters.size(); ++axis) {
    if (!has(others, letters[axis])) gone.push_back(static_cast<int>(axis));
  }
  letters = filtered(letters, [&](char letter) { return has(others, letter); });
  return gone.empty() ? x : sum(x, gone);
}

}  // namespace

Var einsum(std::string_view text, Var a, Var b) {
  Formula f(text, a, b);
  a = summed(a, f.a, f.b + f.y);
  b = summed(b, f.b, f.a + f.y);
  const std::string batch =
      filtered(f.y, [&](char letter) { return has(f.a, letter) && has(f.b, letter); });
  const std::string inner = filtered(f.a, [&](char letter) { return !has(f.y, letter); });
  const std::string rows = filtered(f.a, [&](char letter) { return !has(f.b, letter); });
  const std::string columns = filtered(f.b, [&](char letter) { return !has(f.a, letter); });
  const auto matrices = [&](Var x, const std::string& first, const std::string& last) {
    const Index count = f.length(batch);
    return batch.empty() ? reshape(x, {f.length(first), f.length(last)})
                         : reshape(x, {count, f.length(first), f.length(last)});
  };
  const Var product = matmul(matrices(ordered(a, f.a, batch + rows + inner), rows, inner),
                             matrices(ordered(b, f.b, batch + inner + columns), inner, columns));
  const std::string names = batch + rows + columns;
  std::vector<Index> lengths;
  for (const char letter : names) lengths.push_back(f.lengths.at(letter));
  return ordered(reshape(product, Shape(lengths)), names, f.y);
}

std::vector<OpInfo> internal::einsum_ops() {
  const auto product = [](const char* formula) {
    return [=](auto in) { return einsum(formula, in[0], in[1]); };
  };
  return {{"einsum",
           "y[i,k] = sum over j of a[i,j] b[j,k] for \"ij,jk->ik\"",
           {{"matrices", {{{2, 3}}, {{3, 4}}}, product("ij,jk->ik")},
            {"batches, permuted", {{{3, 2, 4}}, {{4, 5, 2}}}, product("ibk,kjb->bji")},
            {"an outer product", {{{2}}, {{3}}}, product("i,j->ji")},
            {"an inner product", {{{2, 3}}, {{3, 2}}}, product("ij,ji->")},
            {"axes of one array", {{{2, 3, 2}}, {{3, 2}}}, product("iju,jv->j")}}}};
}

}  // namespace autonet
