#include "autonet/autograd/op.h"

#include <vector>

namespace autonet {

std::optional<Array> Op::complex_step(Context& context, std::span<const Array> inputs, int i,
                                      const Array& u) const {
  if (!linear_in(i)) return std::nullopt;
  std::vector<Array> along(inputs.begin(), inputs.end());
  along[static_cast<size_t>(i)] = u;
  std::vector<ArrayType> types;
  types.reserve(along.size());
  for (const Array& array : along) types.push_back(array.type());
  Array y = Array::uninitialized(infer(types));
  forward(context, along, y);
  return y;
}

}  // namespace autonet
