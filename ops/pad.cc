#include "autonet/ops/pad.h"

#include <algorithm>
#include <memory>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "ops/families.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

class Pad : public Op {
 public:
  explicit Pad(std::vector<AxisPad> axes) : axes_(std::move(axes)) {}
  const std::vector<AxisPad>& axes() const { return axes_; }

  std::string_view name() const override { return "pad"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& x = in[0].shape;
    if (axes_.size() != static_cast<size_t>(x.rank())) {
      throw Error(text::concat("pad: margins for ", axes_.size(), " axes but x is ", x));
    }
    std::vector<Index> lengths;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const AxisPad& p = axes_[static_cast<size_t>(axis)];
      constexpr Index kLimit = Index{1} << 40;
      const auto sane = [](Index v) { return v >= -kLimit && v <= kLimit; };
      if (p.spread < 1 || p.spread > (Index{1} << 20) || !sane(p.lo) || !sane(p.hi)) {
        throw Error(
            text::concat("pad: axis ", axis, " of x ", x,
                         " must have margins from -2^40 to 2^40 and a spread from 1 to 2^20, got ",
                         p.lo, " and ", p.hi, ", ", p.spread));
      }
      const Index spread = x[axis] == 0 ? 0 : (x[axis] - 1) * p.spread + 1;
      const Index length = spread + p.lo + p.hi;
      if (length < 0) {
        throw Error(text::concat("pad: axis ", axis, " of x ", x, " would get ", length,
                                 " elements with margins ", p.lo, " and ", p.hi));
      }
      lengths.push_back(length);
    }
    return {Shape(lengths), in[0].dtype};
  }

  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.fill(0.0);
    // Of the elements of x that the window shows, x[first + i] lies at y[(first + i) · spread +
    // lo].
    Array from = in[0];
    Array to = y;
    for (int axis = 0; axis < from.rank(); ++axis) {
      const AxisPad& p = axes_[static_cast<size_t>(axis)];
      const Index n = from.shape()[axis];
      const Index first = p.lo >= 0 ? 0 : (-p.lo + p.spread - 1) / p.spread;
      const Index shown = y.shape()[axis] - p.lo;  // positions 0 … shown - 1 of the spread signal
      const Index end = std::min(n, shown <= 0 ? 0 : (shown - 1) / p.spread + 1);
      if (first >= end) return;
      from = from.slice(axis, first, end - first);
      to = to.slice(axis, first * p.spread + p.lo, end - first, p.spread);
    }
    to.copy_from(from);
  }

  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    std::vector<AxisPad> back;
    for (const AxisPad& p : axes_) back.push_back({.lo = -p.lo, .hi = -p.hi});
    Var xbar = pad(ybar, back);
    for (int axis = 0; axis < in[0].rank(); ++axis) {
      const Index step = axes_[static_cast<size_t>(axis)].spread;
      if (step > 1) xbar = slice(xbar, axis, 0, in[0].shape()[axis], step);
    }
    return xbar;
  }
  bool linear_in(int) const override { return true; }

 private:
  std::vector<AxisPad> axes_;
};

class Slice : public Op {
 public:
  Slice(int axis, Index start, Index length, Index step)
      : axis_(axis), start_(start), length_(length), step_(step) {}

  std::string_view name() const override { return "slice"; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape& x = in[0].shape;
    const Index n = x[axis_];
    if (start_ < 0 || length_ < 0 || step_ < 1 ||
        (length_ > 0 && (start_ >= n || (length_ - 1) > (n - 1 - start_) / step_))) {
      throw Error(text::concat("slice: start ", start_, ", length ", length_, ", step ", step_,
                               " leaves axis ", axis_, " of x ", x));
    }
    return {x.with(axis_, length_), in[0].dtype};
  }
  std::optional<Array> view(const Array& x) const override {
    return x.slice(axis_, start_, length_, step_);
  }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.copy_from(in[0].slice(axis_, start_, length_, step_));
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    const Index n = in[0].shape()[axis_];
    const Index covered = length_ == 0 ? 0 : (length_ - 1) * step_ + 1;
    std::vector<AxisPad> axes(static_cast<size_t>(in[0].rank()));
    axes[static_cast<size_t>(axis_)] = {.lo = start_, .hi = n - start_ - covered, .spread = step_};
    return pad(ybar, axes);
  }
  bool linear_in(int) const override { return true; }

 private:
  int axis_;
  Index start_, length_, step_;
};

class Concat : public Op {
 public:
  explicit Concat(int axis) : axis_(axis) {}

  std::string_view name() const override { return "concat"; }
  int arity() const override { return kVariadic; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    Index length = 0;
    for (const ArrayType& x : in) {
      if (x.dtype != in[0].dtype || x.shape.rank() != in[0].shape.rank() ||
          x.shape.with(axis_, 0) != in[0].shape.with(axis_, 0)) {
        throw Error(text::concat("concat: all lengths but that of axis ", axis_, " must agree; ",
                                 in[0].shape, " ", name_of(in[0].dtype), " and ", x.shape, " ",
                                 name_of(x.dtype)));
      }
      length += x.shape[axis_];
    }
    return {in[0].shape.with(axis_, length), in[0].dtype};
  }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    Index start = 0;
    for (const Array& x : in) {
      const Index length = x.shape()[axis_];
      Array part = y.slice(axis_, start, length);
      if (length > 0) part.copy_from(x);
      start += length;
    }
  }
  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    Index start = 0;
    for (int k = 0; k < i; ++k) start += in[static_cast<size_t>(k)].shape()[axis_];
    return slice(ybar, axis_, start, in[static_cast<size_t>(i)].shape()[axis_]);
  }
  // y is affine in one input while the others are constant: its tangent is the output with u as
  // that input and zeros as the others.
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int i,
                                    const Array& u) const override {
    std::vector<Array> along;
    std::vector<ArrayType> types;
    along.reserve(in.size());
    types.reserve(in.size());
    for (const Array& x : in) along.push_back(Array::zeros(x.type()));
    along[static_cast<size_t>(i)] = u;
    for (const Array& x : along) types.push_back(x.type());
    Array y = Array::uninitialized(infer(types));
    forward(context, along, y);
    return y;
  }

 private:
  int axis_;
};

}  // namespace

const std::vector<AxisPad>* internal::as_pad(const Op& op) {
  const auto* const pad = dynamic_cast<const Pad*>(&op);
  return pad == nullptr ? nullptr : &pad->axes();
}

Var pad(Var x, List<AxisPad> axes) {
  return x.tape().record(std::make_shared<Pad>(std::vector<AxisPad>(axes.begin(), axes.end())),
                         {x});
}

Var slice(Var x, int axis, Index start, Index length, Index step) {
  return x.tape().record(
      std::make_shared<Slice>(normal_axis(axis, x.rank(), "slice"), start, length, step), {x});
}

Var concat(List<Var> xs, int axis) {
  if (xs.empty()) throw Error("concat: needs at least one array");
  return xs[0].tape().record(std::make_shared<Concat>(normal_axis(axis, xs[0].rank(), "concat")),
                             xs);
}

std::vector<OpInfo> internal::pad_ops() {
  const InputSpec odd{{3, 5}};
  const auto padded = [](const AxisPad& rows, const AxisPad& columns) {
    return [=](auto in) { return pad(in[0], List<AxisPad>{rows, columns}); };
  };
  const auto joined = [](int axis) {
    return [=](auto in) { return concat(List<Var>{in.front(), in.back()}, axis); };
  };
  return {
      {"pad",
       "a window on the zero-extended, spread x",
       {{"uneven margins", {odd}, padded({.lo = 1, .hi = 2}, {.hi = 3})},
        {"negative margins", {odd}, padded({.lo = -1, .hi = 1}, {.lo = 2, .hi = -3})},
        {"cut beyond the signal", {odd}, padded({.lo = -4, .hi = 6}, {.lo = -6, .hi = 2})},
        {"spread, uneven and cut",
         {odd},
         padded({.lo = 1, .spread = 2}, {.lo = -3, .hi = 1, .spread = 3})}}},
      {"slice",
       "elements start, start + step, … along an axis",
       {{"every second", {odd}, [](auto in) { return slice(in[0], 1, 1, 2, 2); }},
        {"rows", {odd}, [](auto in) { return slice(in[0], -2, 1, 2); }}}},
      {"concat",
       "arrays joined along an axis",
       {{"columns", {odd, {{3, 2}}}, joined(1)}, {"one twice", {odd}, joined(0)}}},
  };
}

}  // namespace autonet
