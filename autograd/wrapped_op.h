#pragma once

#include <memory>
#include <utility>

#include "autonet/autograd/op.h"

namespace autonet::internal {

/// Does the same as another op. A derived class changes a part of it.
class WrappedOp : public Op {
 public:
  explicit WrappedOp(std::shared_ptr<const Op> op) : op_(std::move(op)) {}

  std::string_view name() const override { return op_->name(); }
  int arity() const override { return op_->arity(); }
  ArrayType infer(std::span<const ArrayType> in) const override { return op_->infer(in); }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    op_->forward(context, in, y);
  }
  std::optional<Array> view(const Array& x) const override { return op_->view(x); }
  Var vjp(int i, std::span<const Var> in, Var y, Var ybar) const override {
    return op_->vjp(i, in, y, ybar);
  }
  bool differentiable(int i) const override { return op_->differentiable(i); }
  bool linear_in(int i) const override { return op_->linear_in(i); }
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int i,
                                    const Array& u) const override {
    return op_->complex_step(context, in, i, u);
  }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return op_->choices(context, in);
  }
  double multiply_adds(std::span<const ArrayType> in, const ArrayType& y) const override {
    return op_->multiply_adds(in, y);
  }
  std::string attributes() const override { return op_->attributes(); }

 protected:
  std::shared_ptr<const Op> op_;
};

}  // namespace autonet::internal
