#include "autonet/ops/reduce.h"

#include <algorithm>
#include <memory>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/math.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/cpu/reduce.h"
#include "ops/families.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The mask of the given axes, or of all axes if none is given.
cpu::AxisMask mask_of(const char* op, List<int> axes, int rank) {
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
    const Array& x = in[0];
    if (mask_.empty() || !mask_[0]) return cpu::reduce_sum(context, x, mask_, y);
    internal::sum_over_leaves(context, x.shape()[0], x.size(), y,
                              [&](Context& own, Index first, Index count, Array& sum) {
                                cpu::reduce_sum(own, x.slice(0, first, count), mask_, sum);
                              });
  }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    const Shape& x = in[0].shape();
    if (axes[0] != 0) return BatchUse::whole;
    if (!mask_[0]) return BatchUse::each;
    const Index size = kept_shape(x, mask_).size();
    return internal::cuts_sum(x[0], size) ? BatchUse::sum : BatchUse::whole;
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return broadcast_to(ybar, in[0].shape());
  }
  bool linear_in(int) const override { return true; }

 private:
  cpu::AxisMask mask_;
};

Var spread_max(Var x, Var ybar, const cpu::AxisMask& mask);

/// What the two ops of a maximum have in common: linear in the second input, and constant in x
/// where the maximum is unique.
class MaxOp : public Op {
 public:
  explicit MaxOp(cpu::AxisMask mask) : mask_(std::move(mask)) {}

  int arity() const override { return 2; }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
  /// A fingerprint of where x has its maxima.
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    Array places = Array::uninitialized({kept_shape(in[0].shape(), mask_), in[0].dtype()});
    cpu::select_max(context, in[0], internal::positions_in(in[0].type()), mask_, places);
    return internal::fingerprint_of_numbers(places);
  }

 protected:
  cpu::AxisMask mask_;
};

/// y = u at x's first maximum.
class SelectMax : public MaxOp {
 public:
  using MaxOp::MaxOp;

  std::string_view name() const override { return "select_max"; }
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
};

Var select_max(Var x, Var u, const cpu::AxisMask& mask) {
  return x.tape().record(std::make_shared<SelectMax>(mask), {x, u});
}

/// The adjoint of SelectMax in u; the two are each other's rule.
class SpreadMax : public MaxOp {
 public:
  using MaxOp::MaxOp;

  std::string_view name() const override { return "spread_max"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::spread_max(context, in[0], in[1], mask_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return select_max(in[0], ybar, mask_);
  }
};

Var spread_max(Var x, Var ybar, const cpu::AxisMask& mask) {
  return x.tape().record(std::make_shared<SpreadMax>(mask), {x, ybar});
}

}  // namespace

const cpu::AxisMask* internal::as_sum(const Op& op) {
  const auto* sum = dynamic_cast<const Sum*>(&op);
  return sum == nullptr ? nullptr : &sum->axes();
}

Var sum(Var x, List<int> axes, bool keep) {
  const cpu::AxisMask mask = mask_of("sum", axes, x.rank());
  const Var y = x.tape().record(std::make_shared<Sum>(mask), {x});
  return keep ? y : drop_axes(y, mask);
}

Var mean(Var x, List<int> axes, bool keep) {
  const Var y = sum(x, axes, keep);
  const Index terms = y.shape().size() == 0 ? 1 : x.shape().size() / y.shape().size();
  return scale(y, 1.0 / static_cast<double>(terms));
}

Var max(Var x, List<int> axes, bool keep) {
  const cpu::AxisMask mask = mask_of("max", axes, x.rank());
  const Var y = select_max(x, x, mask);
  return keep ? y : drop_axes(y, mask);
}

Var argmax(Var x, int axis, bool keep) {
  const int along = normal_axis(axis, x.rank(), "argmax");
  const Index length = x.shape()[along];
  if (x.dtype() == DType::f32 && length > Index{1} << 24) {
    throw Error(text::concat("argmax: an index up to ", length - 1,
                             " has no exact f32; use f64; x ", x.shape()));
  }
  std::vector<Index> lengths(static_cast<size_t>(x.rank()), 1);
  lengths[static_cast<size_t>(along)] = length;
  const ArrayType type{Shape(lengths), x.dtype()};
  const Array places = internal::array_of(type, [](size_t k) { return static_cast<double>(k); });
  const cpu::AxisMask mask = mask_of("argmax", {along}, x.rank());
  const Var y = select_max(x, x.tape().constant(places.broadcast_to(x.shape())), mask);
  return keep ? y : drop_axes(y, mask);
}

Var variance(Var x, List<int> axes, bool keep, Index correction) {
  const Var centred = x - mean(x, axes, true);
  const Var squares = sum(centred * centred, axes, keep);
  const Index terms = x.shape().size() / std::max<Index>(1, squares.shape().size());
  if (correction >= terms) {
    throw Error(text::concat("variance: needs more than ", correction, " elements, got ", terms,
                             "; x ", x.shape()));
  }
  return squares / static_cast<double>(terms - correction);
}

Var norm(Var x, List<int> axes, bool keep) {
  const Var squares = sum(x * x, axes, keep);
  // Where the sum is 0 the root is taken of 1, so that no rule divides by 0.
  return internal::record<internal::Masked>(squares, sqrt(squares + equal(squares, 0.0)), 1.0);
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
  const std::vector<int> cycle{2, 0, 1};
  const std::vector<int> outer{0, 2};
  const auto over = [](Var (*op)(Var, List<int>, bool), const std::vector<int>& axes,
                       bool keep = false) {
    return [=](auto in) { return op(in[0], axes, keep); };
  };
  return {
      {"sum",
       "y = sum of x over the axes",
       {{"all axes", {odd}, over(sum, {})},
        {"the last", {odd}, over(sum, {-1})},
        {"leading axes", {odd}, over(sum, {0, 1})},
        {"the middle, kept", {odd}, over(sum, {1}, true)},
        {"of a permutation", {odd}, [=](auto in) { return sum(permute(in[0], cycle), outer); }}}},
      {"mean",
       "y = sum of x over the axes / number of terms",
       {{"all axes", {odd}, over(mean, {})}, {"two axes", {odd}, over(mean, outer)}}},
      {"max",
       "y = largest x over the axes",
       {{"all axes", {no_ties}, over(max, {})},
        {"the last", {no_ties}, over(max, {-1})},
        {"outer two, kept", {no_ties}, over(max, outer, true)}}},
      {"argmax",
       "the index of the largest x along an axis",
       {{"ties",
         {{{3, 5}, 0, 2, InputSpec::Kind::integer}},
         [](auto in) { return argmax(in[0], 1); }}}},
      {"variance",
       "y = mean of (x - mean)^2 over the axes",
       {{"all axes", {odd}, [](auto in) { return variance(in[0]); }},
        {"outer two, kept, unbiased",
         {odd},
         [=](auto in) { return variance(in[0], outer, true, 1); }}}},
      {"norm",
       "y = sqrt(sum of x^2 over the axes)",
       {{"all axes", {odd}, over(norm, {})}, {"outer two, kept", {odd}, over(norm, outer, true)}}},
      {"sum_to",
       "the adjoint of broadcasting",
       {{"to a bias", {odd}, [](auto in) { return sum_to(in[0], Shape{5}); }},
        {"to lengths of 1",
         {odd},
         [](auto in) {
           return sum_to(in[0], Shape{3, 1});
         }}}},
  };
}

}  // namespace internal
}  // namespace autonet
