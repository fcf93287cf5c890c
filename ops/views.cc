#include "autonet/ops/views.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/reduce.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

using text::concat;

/// An op whose output is a view of its input. Where the caller wants the numbers moved, forward()
/// copies.
class ViewOp : public Op {
 public:
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.copy_from(*view(in[0]));
  }
  bool linear_in(int) const override { return true; }
};

class Flip : public ViewOp {
 public:
  explicit Flip(std::vector<int> axes) : axes_(std::move(axes)) {}

  std::string_view name() const override { return "flip"; }
  const std::vector<int>& axes() const { return axes_; }

  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  std::optional<Array> view(const Array& x) const override { return x.flip(axes_); }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return flip(ybar, axes_); }

 private:
  std::vector<int> axes_;
};

class Permute : public ViewOp {
 public:
  explicit Permute(std::vector<int> axes) : axes_(std::move(axes)) {}

  std::string_view name() const override { return "permute"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& x = in[0].shape;
    std::vector<int> sorted = axes_;
    std::ranges::sort(sorted);
    std::vector<int> all(static_cast<size_t>(x.rank()));
    std::iota(all.begin(), all.end(), 0);
    if (sorted != all) {
      throw Error(concat("permute: the axes (", text::joined(axes_, ","),
                         ") are not a permutation of the axes of x ", x));
    }
    std::vector<Index> lengths;
    for (int axis : axes_) lengths.push_back(x[axis]);
    return {Shape(lengths), in[0].dtype};
  }
  std::optional<Array> view(const Array& x) const override { return x.permute(axes_); }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
    std::vector<int> inverse(axes_.size());
    for (size_t i = 0; i < axes_.size(); ++i) {
      inverse[static_cast<size_t>(axes_[i])] = static_cast<int>(i);
    }
    return permute(ybar, inverse);
  }

 private:
  std::vector<int> axes_;
};

class Reshape : public ViewOp {
 public:
  explicit Reshape(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "reshape"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& x = in[0].shape;
    if (x.size() != shape_.size()) {
      throw Error(concat("reshape: x ", x, " holds ", x.size(), " elements, but ", shape_,
                         " holds ", shape_.size()));
    }
    return {shape_, in[0].dtype};
  }
  std::optional<Array> view(const Array& x) const override { return x.reshape_view(shape_); }
  // A permuted x may have no view of the new shape, but y, which is contiguous, has one of x's.
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.reshape_view(in[0].shape())->copy_from(in[0]);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return reshape(ybar, in[0].shape());
  }

 private:
  Shape shape_;
};

class BroadcastTo : public ViewOp {
 public:
  explicit BroadcastTo(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "broadcast_to"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    if (broadcast_shapes(in[0].shape, shape_, "broadcast_to") != shape_) {
      throw Error(concat("broadcast_to: x ", in[0].shape, " does not broadcast to ", shape_));
    }
    return {shape_, in[0].dtype};
  }
  std::optional<Array> view(const Array& x) const override { return x.broadcast_to(shape_); }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return sum_to(ybar, in[0].shape());
  }

 private:
  Shape shape_;
};

std::vector<int> normal_axes(List<int> axes, int rank, const char* op) {
  std::vector<int> normal;
  for (int axis : axes) normal.push_back(normal_axis(axis, rank, op));
  std::ranges::sort(normal);
  if (std::ranges::adjacent_find(normal) != normal.end()) {
    throw Error(concat(op, ": an axis is named twice"));
  }
  return normal;
}

}  // namespace

Var flip(Var x, List<int> axes) {
  std::vector<int> normal = normal_axes(axes, x.rank(), "flip");
  const Node& node = x.tape().node(x.id());
  if (const auto* before = dynamic_cast<const Flip*>(node.op.get())) {
    if (before->axes() == normal) return x.tape().var(x.tape().input(node, 0));
  }
  return x.tape().record(std::make_shared<Flip>(std::move(normal)), {x});
}

Var permute(Var x, List<int> axes) {
  return x.tape().record(std::make_shared<Permute>(std::vector<int>(axes.begin(), axes.end())),
                         {x});
}

Var swap_axes(Var x, int a, int b) {
  std::vector<int> axes(static_cast<size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[static_cast<size_t>(normal_axis(a, x.rank(), "swap_axes"))],
            axes[static_cast<size_t>(normal_axis(b, x.rank(), "swap_axes"))]);
  return permute(x, axes);
}

Var reshape(Var x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return x.tape().record(std::make_shared<Reshape>(shape), {x});
}

Var flatten(Var x, int first_axis) {
  const auto lengths = x.shape().lengths();
  if (first_axis < 0 || first_axis > x.rank()) {
    throw Error(concat("flatten: axis ", first_axis, " is outside ", x.shape()));
  }
  std::vector<Index> kept(lengths.begin(), lengths.begin() + first_axis);
  Index joined = 1;
  for (int axis = first_axis; axis < x.rank(); ++axis) joined *= x.shape()[axis];
  kept.push_back(joined);
  return reshape(x, Shape(kept));
}

Var broadcast_to(Var x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return x.tape().record(std::make_shared<BroadcastTo>(shape), {x});
}

std::vector<OpInfo> internal::view_ops() {
  const Shape odd{2, 3, 5};
  const Shape flat{5, 6};
  const Shape wide{2, 3, 4, 2};
  const std::vector<int> cycle{2, 0, 1};
  const auto flipped = [](const std::vector<int>& axes) {
    return [=](auto in) { return flip(in[0], axes); };
  };
  return {
      {"flip",
       "y[i] = x[n-1-i] along each of the axes",
       {{"one axis", {{odd}}, flipped({1})},
        {"all axes, negative numbers", {{odd}}, flipped({-1, 0, 1})}}},
      {"permute",
       "axis i of y is axis axes[i] of x",
       {{"a cycle", {{odd}}, [=](auto in) { return permute(in[0], cycle); }}}},
      {"swap_axes",
       "two axes exchanged",
       {{"first and last", {{odd}}, [](auto in) { return swap_axes(in[0], 0, -1); }}}},
      {"reshape",
       "the same elements, row-major, under another shape",
       {{"contiguous", {{odd}}, [=](auto in) { return reshape(in[0], flat); }},
        {"across a permutation",
         {{odd}},
         [=](auto in) { return reshape(permute(in[0], cycle), flat); }}}},
      {"flatten",
       "axes from the given one on joined",
       {{"images", {{{2, 3, 2, 2}}}, [](auto in) { return flatten(in[0]); }}}},
      {"broadcast_to",
       "NumPy's broadcast",
       {{"new leading axis and a stretched one",
         {{{3, 1, 2}}},
         [=](auto in) { return broadcast_to(in[0], wide); }}}},
  };
}

}  // namespace autonet
