#include "autonet/ops/matmul.h"

#include <algorithm>
#include <array>
#include <memory>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/cpu/correlate.h"
#include "ops/families.h"
#include "ops/fusion.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

using text::concat;

Shape leading(const Shape& shape) {
  return Shape(shape.lengths().first(static_cast<size_t>(shape.rank() - 2)));
}

/// The batch axes, then the two of a matrix.
Shape stacked(const Shape& batch, Index rows, Index columns) {
  // Not in a vector, as forward() must not allocate.
  std::array<Index, Shape::kMaxRank + 2> lengths{};
  const auto last = std::ranges::copy(batch.lengths(), lengths.begin()).out;
  last[0] = rows;
  last[1] = columns;
  return Shape(std::span<const Index>(lengths.begin(), last + 2));
}

Var transpose(Var x) {
  return swap_axes(x, -2, -1);
}

class MatMul : public Op {
 public:
  std::string_view name() const override { return "matmul"; }
  std::span<const Fusion> fusions() const override { return internal::fusions(); }
  int arity() const override { return 2; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& a = in[0].shape;
    const Shape& b = in[1].shape;
    const std::string shapes = concat("a ", a, ", b ", b);
    if (a.rank() < 2 || b.rank() < 2) {
      throw Error("matmul: needs matrices, at least two axes each; " + shapes);
    }
    if (in[0].dtype != in[1].dtype) {
      throw Error(concat("matmul: a is ", name_of(in[0].dtype), " but b is ", name_of(in[1].dtype),
                         "; ", shapes));
    }
    const Index columns_of_a = a[a.rank() - 1];
    const Index rows_of_b = b[b.rank() - 2];
    if (columns_of_a != rows_of_b) {
      throw Error(concat("matmul: a has ", columns_of_a, " columns but b has ", rows_of_b,
                         " rows; ", shapes));
    }
    const Shape batch = broadcast_shapes(leading(a), leading(b), "matmul");
    return {stacked(batch, a[a.rank() - 2], b[b.rank() - 1]), in[0].dtype};
  }

  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    const Shape& a = in[0].shape();
    const Shape& b = in[1].shape();
    const Shape batch = leading(y.shape());
    cpu::matmul(context, in[0].broadcast_to(stacked(batch, a[a.rank() - 2], a[a.rank() - 1])),
                in[1].broadcast_to(stacked(batch, b[b.rank() - 2], b[b.rank() - 1])), y);
  }

  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    if (in[0].rank() != 2 || in[1].rank() != 2) return BatchUse::whole;
    // The gradient of a weight matrix is a sum over the examples too, but so large for so little
    // work that it does not pay to keep one for each leaf.
    return axes[0] == 0 && axes[1] == -1 ? BatchUse::each : BatchUse::whole;
  }
  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    const Var a = in[0];
    const Var b = in[1];
    return i == 0 ? sum_to(matmul(ybar, transpose(b)), a.shape())
                  : sum_to(matmul(transpose(a), ybar), b.shape());
  }
  bool linear_in(int) const override { return true; }
  double multiply_adds(std::span<const ArrayType> in, const ArrayType& y) const override {
    const Shape& a = in[0].shape;
    return static_cast<double>(y.shape.size()) * static_cast<double>(a[a.rank() - 1]);
  }
};

}  // namespace

bool internal::is_matmul(const Op& op) {
  return dynamic_cast<const MatMul*>(&op) != nullptr;
}

Var matmul(Var a, Var b) {
  return a.tape().record(std::make_shared<MatMul>(), {a, b});
}

std::vector<OpInfo> internal::matmul_ops() {
  const auto both = [](std::span<const Var> in) { return matmul(in[0], in[1]); };
  return {{"matmul",
           "y[...,m,n] = sum over k of a[...,m,k] b[...,k,n]",
           {{"matrices", {{{3, 5}}, {{5, 2}}}, both},
            {"a batch", {{{2, 3, 4}}, {{2, 4, 3}}}, both},
            {"broadcast batches", {{{2, 1, 3, 2}}, {{3, 2, 4}}}, both},
            {"one matrix for all", {{{2, 3, 4}}, {{4, 5}}}, both},
            {"inner length 1", {{{3, 1}}, {{1, 4}}}, both}}}};
}

}  // namespace autonet
