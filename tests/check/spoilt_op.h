#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "autograd/wrapped_op.h"
#include "autonet/autograd/tape.h"
#include "check/rule_edits.h"

namespace autonet {

/// Another op whose routine is wrong: `spoil` changes its result. Its rules are right.
class SpoiltOp : public internal::WrappedOp {
 public:
  using Spoil = std::function<void(std::span<const Array> in, Array& y)>;

  SpoiltOp(std::shared_ptr<const Op> op, Spoil spoil)
      : WrappedOp(std::move(op)), spoil_(std::move(spoil)) {}
  std::optional<Array> view(const Array&) const override { return std::nullopt; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    WrappedOp::forward(context, in, y);
    spoil_(in, y);
  }
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int i,
                                    const Array& u) const override {
    if (linear_in(i)) return Op::complex_step(context, in, i, u);  // by this forward()
    return WrappedOp::complex_step(context, in, i, u);
  }

 private:
  Spoil spoil_;
};

/// y with the routine of one of its calls spoilt, in both precisions or in f32 alone: its last call
/// of an op of that name, or of any.
inline Var spoilt(Var y, const SpoiltOp::Spoil& spoil, bool only_f32 = true,
                  const std::string& name = {}) {
  Tape& tape = y.tape();
  Index id = y.id();
  while (tape.node(id).op == nullptr || (!name.empty() && tape.node(id).op->name() != name)) --id;
  const auto op = std::make_shared<SpoiltOp>(tape.node(id).op, [=](auto in, Array& result) {
    if (!only_f32 || result.dtype() == DType::f32) spoil(in, result);
  });
  return internal::with_op_replaced(y, id, op);
}

/// Changes every number of an array of either precision.
inline void change(Array& y, const std::function<double(Index k, double number)>& function) {
  for (Index k = 0; k < y.size(); ++k) {
    if (y.dtype() == DType::f32) {
      float& number = y.data<float>()[k];
      number = static_cast<float>(function(k, number));
    } else {
      double& number = y.data<double>()[k];
      number = function(k, number);
    }
  }
}

}  // namespace autonet
