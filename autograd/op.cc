#include "autograd/op.h"

namespace autonet {

std::optional<Array> Op::view(const Array&) const {
  return std::nullopt;
}

bool Op::differentiable(int) const {
  return true;
}

bool Op::linear_in(int) const {
  return false;
}

double Op::multiply_adds(std::span<const ArrayType>, const ArrayType&) const {
  return 0.0;
}

std::string Op::attributes() const {
  return {};
}

}  // namespace autonet
