#pragma once

#include <vector>

#include "autonet/ops/op_info.h"

namespace autonet::internal {

/// The families of ops, in the order of the op table. A file that defines ops also defines
/// `std::vector<OpInfo> X_ops()`, its rows of the table. To add a family, add its name here.
#define AUTONET_OP_FAMILIES(FAMILY) \
  FAMILY(conv2d)                    \
  FAMILY(patch)                     \
  FAMILY(pool)                      \
  FAMILY(matmul)                    \
  FAMILY(elementwise)               \
  FAMILY(reduce)                    \
  FAMILY(softmax)                   \
  FAMILY(normalization)             \
  FAMILY(dropout)                   \
  FAMILY(view)                      \
  FAMILY(pad)                       \
  FAMILY(compare)                   \
  FAMILY(rearrange)                 \
  FAMILY(index)                     \
  FAMILY(einsum)                    \
  FAMILY(upsample)                  \
  FAMILY(loss)

#define AUTONET_DECLARE(name) std::vector<OpInfo> name##_ops();
AUTONET_OP_FAMILIES(AUTONET_DECLARE)
#undef AUTONET_DECLARE

}  // namespace autonet::internal
