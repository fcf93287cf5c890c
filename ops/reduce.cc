#include "autonet/ops/reduce.h"

#include <algorithm>
#include <memory>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/cpu/reduce.h"
#include "ops/families.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The mask of the given axes, or of all axes if none is given.
cpu::AxisMask mask_of(const char* op, std::span<const int> axes, int rank) {
  cpu::AxisMask mask(static_cast<size_t>(rank), axes.empty());
  for (int axis : axes) {
    const auto i = static_cast<size_t>(normal_axis(axis, rank, op));
    if (mask[i]) throw Error(text::concat(op, ": axis ", axis, " is named twice"));
    mask[i] = true;
  }
  return mask;
}

/// x's shape with the masked axes as length 1.
Shape kept_shape(const Shape& x, const cpu::AxisMask& mask) {
  Shape shape = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (mask[static_cast<size_t>(axis)]) shape = shape.with(axis, 1);
  }
  return shape;
}

Var drop_axes(Var y, const cpu::AxisMask& mask) {
  std::vector<Index> lengths;
  for (int axis = 0; axis < y.rank(); ++axis) {
    if (!mask[static_cast<size_t>(axis)]) lengths.push_back(y.shape()[axis]);
  }
  return reshape(y, Shape(lengths));
}

/// Keeps the reduced axes as length 1, so that broadcasting undoes it.
class Sum : public Op {
 public:
  explicit Sum(cpu::AxisMask mask) : mask_(std::move(mask)) {}
  const cpu::AxisMask& axes() const { return mask_; }

  std::string_view name() const override { return "sum"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    return {kept_shape(in[0].shape, mask_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::reduce_sum(context, in[0], mask_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return broadcast_to(ybar, in[0].shape());
  }
  bool linear_in(int) const override { return true; }

 private:
  cpu::AxisMask mask_;
};

Var spread_max(Var x, Var ybar, const cpu::AxisMask& mask);

/// A fingerprint of where x has its maxima over the masked axes.
std::uint64_t chosen_places(Context& context, const Array& x, const cpu::AxisMask& mask) {
  Array places = Array::uninitialized({kept_shape(x.shape(), mask), x.dtype()});
  cpu::select_max(context, x, internal::positions_in(x.type()), mask, places);
  return internal::fingerprint_of_numbers(places);
}

/// y = u at x's first maximum: linear in u, and constant in x where the maximum is unique.
class SelectMax : public Op {
 public:
  explicit SelectMax(cpu::AxisMask mask) : mask_(std::move(mask)) {}

  std::string_view name() const override { return "select_max"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape y = kept_shape(in[0].shape, mask_);
    if (in[0].shape.size() == 0 && y.size() > 0) {
      throw Error("max: there is no maximum of no elements; x " + in[0].shape.str());
    }
    return {y, in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::select_max(context, in[0], in[1], mask_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return spread_max(in[0], ybar, mask_);
  }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return chosen_places(context, in[0], mask_);
  }

 private:
  cpu::AxisMask mask_;
};

Var select_max(Var x, Var u, const cpu::AxisMask& mask) {
  return x.tape().record(std::make_shared<SelectMax>(mask), {x, u});
}

/// The adjoint of SelectMax in u; the two are each other's rule.
class SpreadMax : public Op {
 public:
  explicit SpreadMax(cpu::AxisMask mask) : mask_(std::move(mask)) {}

  std::string_view name() const override { return "spread_max"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::spread_max(context, in[0], in[1], mask_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return select_max(in[0], ybar, mask_);
  }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return chosen_places(context, in[0], mask_);
  }

 private:
  cpu::AxisMask mask_;
};

Var spread_max(Var x, Var ybar, const cpu::AxisMask& mask) {
  return x.tape().record(std::make_shared<SpreadMax>(mask), {x, ybar});
}

std::span<const int> as_span(std::initializer_list<int> axes) {
  return {axes.begin(), axes.size()};
}

}  // namespace

const cpu::AxisMask* internal::as_sum(const Op& op) {
  const auto* sum = dynamic_cast<const Sum*>(&op);
  return sum == nullptr ? nullptr : &sum->axes();
}

Var sum(Var x, std::span<const int> axes, bool keep) {
  const cpu::AxisMask mask = mask_of("sum", axes, x.rank());
  const Var y = x.tape().record(std::make_shared<Sum>(mask), {x});
  return keep ? y : drop_axes(y, mask);
}
Var sum(Var x, std::initializer_list<int> axes, bool keep) {
  return sum(x, as_span(axes), keep);
}

Var mean(Var x, std::span<const int> axes, bool keep) {
  const Var y = sum(x, axes, keep);
  const Index terms = y.shape().size() == 0 ? 1 : x.shape().size() / y.shape().size();
  return scale(y, 1.0 / static_cast<double>(terms));
}
Var mean(Var x, std::initializer_list<int> axes, bool keep) {
  return mean(x, as_span(axes), keep);
}

Var max(Var x, std::span<const int> axes, bool keep) {
  const cpu::AxisMask mask = mask_of("max", axes, x.rank());
  const Var y = select_max(x, x, mask);
  return keep ? y : drop_axes(y, mask);
}
Var max(Var x, std::initializer_list<int> axes, bool keep) {
  return max(x, as_span(axes), keep);
}

Var sum_to(Var y, const Shape& shape) {
  if (y.shape() == shape) return y;
  const int extra = y.rank() - shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < y.rank(); ++axis) {
    if (axis < extra || (shape[axis - extra] == 1 && y.shape()[axis] != 1)) axes.push_back(axis);
  }
  return reshape(axes.empty() ? y : sum(y, axes, true), shape);
}

namespace internal {

std::vector<OpInfo> reduce_ops() {
  const InputSpec odd{{2, 3, 5}};
  const InputSpec no_ties{{2, 3, 5}, -1, 1, InputSpec::Kind::distinct};
  return {
      {"sum",
       "y = sum of x over the axes",
       {{"all axes", {odd}, [](auto in) { return sum(in[0]); }},
        {"the last", {odd}, [](auto in) { return sum(in[0], {-1}); }},
        {"leading axes",
         {odd},
         [](auto in) {
           return sum(in[0], {0, 1});
         }},
        {"the middle, kept", {odd}, [](auto in) { return sum(in[0], {1}, true); }},
        {"of a permutation",
         {odd},
         [](auto in) {
           return sum(permute(in[0], {2, 0, 1}), {0, 2});
         }}}},
      {"mean",
       "y = sum of x over the axes / number of terms",
       {{"all axes", {odd}, [](auto in) { return mean(in[0]); }},
        {"two axes",
         {odd},
         [](auto in) {
           return mean(in[0], {0, 2});
         }}}},
      {"max",
       "y = largest x over the axes",
       {{"all axes", {no_ties}, [](auto in) { return max(in[0]); }},
        {"the last", {no_ties}, [](auto in) { return max(in[0], {-1}); }},
        {"outer two, kept",
         {no_ties},
         [](auto in) {
           return max(in[0], {0, 2}, true);
         }}}},
      {"sum_to",
       "the adjoint of broadcasting",
       {{"to a bias", {odd}, [](auto in) { return sum_to(in[0], {5}); }},
        {"to lengths of 1",
         {odd},
         [](auto in) {
           return sum_to(in[0], {3, 1});
         }}}},
  };
}

}  // namespace internal
}  // namespace autonet
