#include "autonet/ops/op_info.h"

#include <cmath>

#include "autonet/autograd/random.h"

namespace autonet {

Array sample(const InputSpec& spec, std::uint64_t seed, std::uint64_t stream) {
  const Index size = spec.shape.size();
  Array values = Array::uninitialized({spec.shape, DType::f64});
  double* numbers = values.data<double>();
  Random random(seed, stream);
  if (spec.kind == InputSpec::Kind::distinct) {
    const std::vector<Index> order = permutation(size, seed, stream);
    const double step = (spec.high - spec.low) / static_cast<double>(size);
    for (Index i = 0; i < size; ++i) {
      numbers[i] = spec.low + step * (static_cast<double>(order[static_cast<size_t>(i)]) + 0.5);
    }
    return values;
  }
  for (Index i = 0; i < size; ++i) {
    if (spec.kind == InputSpec::Kind::integer) {
      const double count = std::floor(spec.high) - std::ceil(spec.low) + 1.0;
      numbers[i] = std::ceil(spec.low) +
                   static_cast<double>(random.below(static_cast<std::uint64_t>(count)));
      continue;
    }
    do {
      numbers[i] = random.uniform(spec.low, spec.high);
    } while (std::abs(numbers[i]) < 0.05);
  }
  return values;
}

}  // namespace autonet
