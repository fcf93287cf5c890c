#pragma once

#include <array>
#include <vector>

#include "exchange/call.h"

namespace autonet::exchange {

/// The families of operators. To add one, write a file that defines
/// `std::vector<Operator> NAME_operators()` and add its name here.
#define AUTONET_ONNX_FAMILIES(FAMILY) \
  FAMILY(arithmetic)                  \
  FAMILY(logic)                       \
  FAMILY(activation)                  \
  FAMILY(reduce)                      \
  FAMILY(shape)                       \
  FAMILY(arrange)                     \
  FAMILY(index)                       \
  FAMILY(scatter)                     \
  FAMILY(matrix)                      \
  FAMILY(conv)                        \
  FAMILY(pool)                        \
  FAMILY(normalization)               \
  FAMILY(recurrent)                   \
  FAMILY(attention)                   \
  FAMILY(control)                     \
  FAMILY(generate)                    \
  FAMILY(sample)                      \
  FAMILY(detect)                      \
  FAMILY(loss)                        \
  FAMILY(resize)                      \
  FAMILY(quantize)                    \
  FAMILY(training)                    \
  FAMILY(sequence)                    \
  FAMILY(stateful)                    \
  FAMILY(grams)

#define AUTONET_DECLARE(name) std::vector<Operator> name##_operators();
AUTONET_ONNX_FAMILIES(AUTONET_DECLARE)
#undef AUTONET_DECLARE

inline auto operator_families() {
#define AUTONET_NAME(name) name##_operators,
  return std::to_array<std::vector<Operator> (*)()>({AUTONET_ONNX_FAMILIES(AUTONET_NAME)});
#undef AUTONET_NAME
}

}  // namespace autonet::exchange
