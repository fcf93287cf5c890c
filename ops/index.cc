#include "autonet/ops/index.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"
#include "ops/families.h"

namespace autonet {
namespace {

/// A contiguous array as lines along one axis: element i of line (outer, inner) is number
/// (outer · length + i) · inner_count + inner.
struct Lines {
  Index outer = 1, length = 1, inner = 1;

  Lines(const Shape& shape, int axis) : length(shape[axis]) {
    for (int before = 0; before < axis; ++before) outer *= shape[before];
    for (int behind = axis + 1; behind < shape.rank(); ++behind) inner *= shape[behind];
  }
  Index size() const { return outer * length * inner; }
};

/// visit(place of an index, place of the number that it chooses) for the lines of block `outer`.
template <typename T, typename Visit>
void for_each_index(const char* op, const T* indices, const Lines& places, Index length,
                    Index outer, Visit visit) {
  Index k = outer * places.length * places.inner;
  for (Index i = 0; i < places.length; ++i) {
    for (Index inner = 0; inner < places.inner; ++inner, ++k) {
      const T index = indices[k];
      const bool inside = index >= T{0} && index < static_cast<T>(length);  // false for NaN
      const Index chosen = inside ? static_cast<Index>(index) : 0;
      if (!inside || static_cast<T>(chosen) != index) {
        throw Error(text::concat(op, ": an index must be a whole number from 0 to ", length - 1,
                                 ", got ", double{index}));
      }
      visit(k, (outer * length + chosen) * places.inner + inner);
    }
  }
}

/// What gather and scatter_add have in common: linear in the numbers, constant in the indices.
class IndexOp : public Op {
 public:
  explicit IndexOp(int axis) : axis_(axis) {}
  int arity() const override { return 2; }
  bool differentiable(int i) const override { return i == 0; }
  bool linear_in(int i) const override { return i == 0; }

 protected:
  /// Throws Error unless the two have one dtype and the same lengths but, if given, of one axis.
  static void check(const char* op, std::span<const ArrayType> in, std::optional<int> but) {
    const Shape& x = in[0].shape;
    const Shape& indices = in[1].shape;
    const bool fits = x.rank() == indices.rank() &&
                      (but ? x.with(*but, 1) == indices.with(*but, 1) : x == indices);
    if (fits && in[0].dtype == in[1].dtype) return;
    throw Error(text::concat(op, ": needs numbers and indices of one dtype and the same lengths",
                             but ? text::concat(" but for axis ", *but) : "", "; numbers ", in[0],
                             ", indices ", in[1]));
  }

  int axis_;
};

class Gather : public IndexOp {
 public:
  using IndexOp::IndexOp;
  std::string_view name() const override { return "gather"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    check("gather", in, axis_);
    return in[1];
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? choose<float>(context, in, y) : choose<double>(context, in, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return scatter_add(ybar, in[1], axis_, in[0].shape()[axis_]);
  }

 private:
  template <typename T>
  void choose(Context& context, std::span<const Array> in, Array& y) const {
    const cpu::Dense<2> dense(context, {&in[0], &in[1]});
    const Lines places(y.shape(), axis_);
    const Index length = in[0].shape()[axis_];
    const T* x = dense.template data<T>(0);
    T* out = y.data<T>();
    cpu::for_pieces(context, y.size() < cpu::kSmallMove, places.outer, [&](Index outer, int) {
      for_each_index("gather", dense.template data<T>(1), places, length, outer,
                     [&](Index k, Index chosen) { out[k] = x[chosen]; });
    });
  }
};

class ScatterAdd : public IndexOp {
 public:
  ScatterAdd(int axis, Index length) : IndexOp(axis), length_(length) {}
  std::string_view name() const override { return "scatter_add"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    check("scatter_add", in, std::nullopt);
    return {in[0].shape.with(axis_, length_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? add<float>(context, in, y) : add<double>(context, in, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return gather(ybar, in[1], axis_);
  }

 private:
  template <typename T>
  void add(Context& context, std::span<const Array> in, Array& y) const {
    y.fill(0.0);
    const cpu::Dense<2> dense(context, {&in[0], &in[1]});
    const Lines places(in[1].shape(), axis_);
    const T* u = dense.template data<T>(0);
    T* out = y.data<T>();
    cpu::for_pieces(context, places.size() < cpu::kSmallMove, places.outer, [&](Index outer, int) {
      for_each_index("scatter_add", dense.template data<T>(1), places, length_, outer,
                     [&](Index k, Index chosen) { out[chosen] += u[k]; });
    });
  }

  Index length_;
};

class Argsort : public Op {
 public:
  /// Only the first `count` indices are given.
  Argsort(int axis, bool descending, Index count)
      : axis_(axis), descending_(descending), count_(count) {}
  std::string_view name() const override { return "argsort"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    const Index length = in[0].shape[axis_];
    if (in[0].dtype == DType::f32 && length > Index{1} << 24) {
      throw Error(text::concat("argsort: an index up to ", length - 1,
                               " has no exact f32; sort in f64; x ", in[0].shape));
    }
    return {in[0].shape.with(axis_, count_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? order<float>(context, in[0], y) : order<double>(context, in[0], y);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }  // never called
  bool differentiable(int) const override { return false; }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    Array y = Array::uninitialized({in[0].shape().with(axis_, count_), in[0].dtype()});
    forward(context, in, y);
    return internal::fingerprint_of_numbers(y);
  }

 private:
  template <typename T>
  void order(Context& context, const Array& x, Array& y) const {
    const cpu::Dense<1> dense(context, {&x});
    const Lines lines(x.shape(), axis_);
    T* out = y.data<T>();
    cpu::for_pieces(context, x.size() < cpu::kSmallMove, lines.outer * lines.inner,
                    [&](Index line, int worker) {
                      const auto first = [&](Index length) {
                        return line / lines.inner * length * lines.inner + line % lines.inner;
                      };
                      const T* numbers = dense.template data<T>(0) + first(lines.length);
                      const auto size = static_cast<size_t>(lines.length);
                      auto* const begin =
                          reinterpret_cast<Index*>(context.scratch(worker, size * sizeof(Index)));
                      std::iota(begin, begin + size, Index{0});
                      std::partial_sort(begin, begin + count_, begin + size, [&](Index i, Index j) {
                        const T a = numbers[(descending_ ? j : i) * lines.inner];
                        const T b = numbers[(descending_ ? i : j) * lines.inner];
                        if (a < b) return true;
                        if (b < a) return false;
                        // Equal, or at least one is NaN.
                        return std::isnan(a) == std::isnan(b) ? i < j : std::isnan(b);
                      });
                      for (Index i = 0; i < count_; ++i) {
                        out[first(count_) + i * lines.inner] = static_cast<T>(begin[i]);
                      }
                    });
  }

  int axis_;
  bool descending_;
  Index count_;
};

class CumulativeSum : public Op {
 public:
  CumulativeSum(int axis, bool reverse) : axis_(axis), reverse_(reverse) {}
  std::string_view name() const override { return "cumulative_sum"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    y.dtype() == DType::f32 ? add<float>(context, in[0], y) : add<double>(context, in[0], y);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
    return cumulative_sum(ybar, axis_, !reverse_);
  }
  bool linear_in(int) const override { return true; }

 private:
  template <typename T>
  void add(Context& context, const Array& x, Array& y) const {
    const cpu::Dense<1> dense(context, {&x});
    const Lines lines(x.shape(), axis_);
    constexpr Index kColumns = 64;  // neighbouring lines that are added up together
    const Index blocks = (lines.inner + kColumns - 1) / kColumns;
    cpu::for_pieces(
        context, x.size() < cpu::kSmallMove, lines.outer * blocks, [&](Index piece, int) {
          const Index first = piece % blocks * kColumns;
          const Index columns = std::min(kColumns, lines.inner - first);
          const Index start = piece / blocks * lines.length * lines.inner + first;
          std::array<double, kColumns> sums{};
          for (Index k = 0; k < lines.length; ++k) {
            const Index row = start + (reverse_ ? lines.length - 1 - k : k) * lines.inner;
            const T* from = dense.template data<T>(0) + row;
            T* to = y.data<T>() + row;
            for (Index c = 0; c < columns; ++c) {
              double& sum = sums[static_cast<size_t>(c)];
              sum += static_cast<double>(from[c]);
              to[c] = static_cast<T>(sum);
            }
          }
        });
  }

  int axis_;
  bool reverse_;
};

}  // namespace

Var gather(Var x, Var indices, int axis) {
  return x.tape().record(std::make_shared<Gather>(normal_axis(axis, x.rank(), "gather")),
                         {x, indices});
}

Var scatter_add(Var u, Var indices, int axis, Index length) {
  return u.tape().record(
      std::make_shared<ScatterAdd>(normal_axis(axis, u.rank(), "scatter_add"), length),
      {u, indices});
}

Var embedding(Var table, Var indices) {
  if (table.rank() != 2) {
    throw Error(text::concat("embedding: needs a table [V,D], got ", table.shape()));
  }
  const Index count = indices.shape().size();
  const Index width = table.shape()[1];
  const Var rows = broadcast_to(reshape(indices, {count, 1}), {count, width});
  std::vector<Index> lengths(indices.shape().lengths().begin(), indices.shape().lengths().end());
  lengths.push_back(width);
  return reshape(gather(table, rows, 0), Shape(lengths));
}

Var argsort(Var x, int axis, bool descending) {
  const int along = normal_axis(axis, x.rank(), "argsort");
  return x.tape().record(std::make_shared<Argsort>(along, descending, x.shape()[along]), {x});
}

Var sort(Var x, int axis, bool descending) {
  return gather(x, argsort(x, axis, descending), axis);
}

TopK topk(Var x, Index k, int axis) {
  const int along = normal_axis(axis, x.rank(), "topk");
  if (k < 0 || k > x.shape()[along]) {
    throw Error(text::concat("topk: k must be from 0 to the length of axis ", along, " of x ",
                             x.shape(), ", got ", k));
  }
  const Var indices = x.tape().record(std::make_shared<Argsort>(along, true, k), {x});
  return {gather(x, indices, along), indices};
}

Var cumulative_sum(Var x, int axis, bool reverse) {
  return x.tape().record(
      std::make_shared<CumulativeSum>(normal_axis(axis, x.rank(), "cumulative_sum"), reverse), {x});
}

std::vector<OpInfo> internal::index_ops() {
  const InputSpec odd{{2, 4, 3}};
  const InputSpec no_ties{{3, 5}, -1, 1, InputSpec::Kind::distinct};
  const InputSpec indices{{2, 5, 3}, 0, 3, InputSpec::Kind::integer};
  const InputSpec rows{{2, 3}, 0, 4, InputSpec::Kind::integer};
  return {
      {"gather",
       "y[i,j] = x[i, indices[i,j]] for axis 1",
       {{"the middle axis", {odd, indices}, [](auto in) { return gather(in[0], in[1], 1); }}}},
      {"scatter_add",
       "y[i, indices[i,j]] += u[i,j] for axis 1",
       {{"the middle axis",
         {{{2, 5, 3}}, indices},
         [](auto in) { return scatter_add(in[0], in[1], 1, 4); }}}},
      {"embedding",
       "y[...,d] = table[indices[...], d]",
       {{"6 of 5 rows", {{{5, 4}}, rows}, [](auto in) { return embedding(in[0], in[1]); }}}},
      {"argsort",
       "the indices that sort x",
       {{"ties",
         {{{3, 5}, 0, 2, InputSpec::Kind::integer}},
         [](auto in) { return argsort(in[0]); }}}},
      {"sort",
       "x sorted along an axis",
       {{"the last", {no_ties}, [](auto in) { return sort(in[0]); }},
        {"columns, descending", {no_ties}, [](auto in) { return sort(in[0], 0, true); }}}},
      {"topk",
       "the k largest numbers along an axis",
       {{"2 of 5", {no_ties}, [](auto in) { return topk(in[0], 2).values; }}}},
      {"cumulative_sum",
       "y[i] = x[0] + ... + x[i]",
       {{"the middle axis", {odd}, [](auto in) { return cumulative_sum(in[0], 1); }},
        {"reverse", {odd}, [](auto in) { return cumulative_sum(in[0], -1, true); }}}},
  };
}

}  // namespace autonet
