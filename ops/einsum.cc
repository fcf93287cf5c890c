#include "autonet/ops/einsum.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>

#include "autonet/autograd/error.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

/// The letters of a formula, and the length of the axis that each of them names.
struct Formula {
  std::vector<std::string> inputs;
  std::string y;
  std::map<char, Index> lengths;

  Formula(std::string_view text, List<Var> arrays) {
    const auto fail = [&](const auto&... what) {
      std::string shapes;
      for (const Var& x : arrays) shapes += text::concat(shapes.empty() ? "" : ", ", x.shape());
      throw Error(text::concat("einsum: ", what..., "; formula \"", text, "\", arrays ", shapes));
    };
    const size_t arrow = text.find("->");
    if (arrow == text.npos) fail("needs a formula like \"ij,jk->ik\"");
    y = text.substr(arrow + 2);
    inputs = split(text.substr(0, arrow));
    if (inputs.size() != arrays.size()) {
      fail("the formula has ", inputs.size(), " inputs, and ", arrays.size(), " arrays are given");
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Shape& shape = arrays[i].shape();
      if (std::ssize(inputs[i]) != shape.rank()) {
        fail("\"", inputs[i], "\" names ", inputs[i].size(), " axes of an array of ", shape.rank());
      }
      for (int axis = 0; const char letter : inputs[i]) {
        if (std::isalpha(static_cast<unsigned char>(letter)) == 0) {
          fail("an axis is named by a letter, not by \"", letter, "\"");
        }
        const Index length = shape[axis++];
        const auto [known, fresh] = lengths.emplace(letter, length);
        if (!fresh && known->second != length) {
          fail("axis \"", letter, "\" has lengths ", known->second, " and ", length);
        }
      }
    }
    for (const char letter : y) {
      if (lengths.count(letter) == 0) fail("axis \"", letter, "\" of the output is in no input");
      if (std::ranges::count(y, letter) > 1) fail("\"", y, "\" names an axis twice");
    }
  }

  Index length(const std::string& letters) const {
    Index product = 1;
    for (const char letter : letters) product *= lengths.at(letter);
    return product;
  }

 private:
  static std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts(1);
    for (const char letter : list) {
      if (letter == ',') {
        parts.emplace_back();
      } else {
        parts.back() += letter;
      }
    }
    return parts;
  }
};

/// An array, and a letter for each of its axes.
struct Named {
  Var x;
  std::string letters;
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

/// The same with its axes in the order `to`.
Var ordered(const Named& a, const std::string& to) {
  std::vector<int> axes;
  for (const char letter : to) axes.push_back(static_cast<int>(a.letters.find(letter)));
  return a.letters == to ? a.x : permute(a.x, axes);
}

/// One axis for each letter: where two have the same, their diagonal, which is each (n + 1)-th
/// number of the n x n.
Named diagonal(const Named& a) {
  for (size_t i = 0; i < a.letters.size(); ++i) {
    const size_t j = a.letters.find(a.letters[i], i + 1);
    if (j == std::string::npos) continue;
    std::vector<int> axes;
    std::vector<Index> shape;
    std::string letters;
    for (size_t axis = 0; axis < a.letters.size(); ++axis) {
      if (axis == i || axis == j) continue;
      axes.push_back(static_cast<int>(axis));
      shape.push_back(a.x.shape()[static_cast<int>(axis)]);
      letters += a.letters[axis];
    }
    const int last = static_cast<int>(axes.size());
    const Index n = a.x.shape()[static_cast<int>(i)];
    axes.insert(axes.end(), {static_cast<int>(i), static_cast<int>(j)});
    shape.push_back(n * n);
    const Var flat = reshape(permute(a.x, axes), Shape(shape));
    return diagonal({slice(flat, last, 0, n, n + 1), letters + a.letters[i]});
  }
  return a;
}

/// The array without the axes that are not in `needed`, summed over them.
Named summed(const Named& a, const std::string& needed) {
  std::vector<int> gone;
  for (size_t axis = 0; axis < a.letters.size(); ++axis) {
    if (!has(needed, a.letters[axis])) gone.push_back(static_cast<int>(axis));
  }
  return {gone.empty() ? a.x : sum(a.x, gone),
          filtered(a.letters, [&](char letter) { return has(needed, letter); })};
}

/// The product of two arrays, summed over the axes that are not in `needed`.
Named product(const Formula& f, Named a, Named b, const std::string& needed) {
  a = summed(a, b.letters + needed);
  b = summed(b, a.letters + needed);
  const auto in_a = [&](char letter) { return has(a.letters, letter); };
  const auto in_b = [&](char letter) { return has(b.letters, letter); };
  const std::string batch =
      filtered(a.letters, [&](char letter) { return in_b(letter) && has(needed, letter); });
  const std::string inner = filtered(a.letters, [&](char letter) { return !has(needed, letter); });
  const std::string rows = filtered(a.letters, [&](char letter) { return !in_b(letter); });
  const std::string columns = filtered(b.letters, [&](char letter) { return !in_a(letter); });
  const auto matrices = [&](const Named& x, const std::string& first, const std::string& last) {
    const Var y = ordered(x, batch + first + last);
    return batch.empty() ? reshape(y, {f.length(first), f.length(last)})
                         : reshape(y, {f.length(batch), f.length(first), f.length(last)});
  };
  const Var y = matmul(matrices(a, rows, inner), matrices(b, inner, columns));
  const std::string letters = batch + rows + columns;
  std::vector<Index> lengths;
  for (const char letter : letters) lengths.push_back(f.lengths.at(letter));
  return {reshape(y, Shape(lengths)), letters};
}

}  // namespace

Var einsum(std::string_view text, List<Var> arrays) {
  const Formula f(text, arrays);
  Named y = diagonal({arrays[0], f.inputs[0]});
  for (size_t i = 1; i < arrays.size(); ++i) {
    std::string needed = f.y;
    for (size_t later = i + 1; later < arrays.size(); ++later) needed += f.inputs[later];
    y = product(f, y, diagonal({arrays[i], f.inputs[i]}), needed);
  }
  return ordered(summed(y, f.y), f.y);
}

std::vector<OpInfo> internal::einsum_ops() {
  const auto product = [](const char* formula) {
    return [=](auto in) { return einsum(formula, in); };
  };
  return {{"einsum",
           "y[i,k] = sum over j of a[i,j] b[j,k] for \"ij,jk->ik\"",
           {{"matrices", {{{2, 3}}, {{3, 4}}}, product("ij,jk->ik")},
            {"batches, permuted", {{{3, 2, 4}}, {{4, 5, 2}}}, product("ibk,kjb->bji")},
            {"an outer product", {{{2}}, {{3}}}, product("i,j->ji")},
            {"an inner product", {{{2, 3}}, {{3, 2}}}, product("ij,ji->")},
            {"axes of one array", {{{2, 3, 2}}, {{3, 2}}}, product("iju,jv->j")},
            {"diagonals", {{{3, 2, 3}}, {{2, 2}}}, product("iji,jj->ji")},
            {"three arrays", {{{2, 3}}, {{3, 2}}, {{2, 4}}}, product("ij,jk,kl->li")},
            {"one array", {{{3, 3, 2}}}, product("iij->j")}}}};
}

}  // namespace autonet
