#include "ops/table.h"

#include "ops/conv2d.h"
#include "ops/families.h"
#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/patches.h"
#include "ops/pool.h"
#include "ops/views.h"

namespace autonet {

std::vector<OpInfo> op_table() {
  using namespace internal;
  std::vector<OpInfo> table;
  // One line a family; a new op is a row in one of these, or a file and a line here.
  for (const auto& family : {
           conv2d_ops(),
           patch_ops(),
           pool_ops(),
           matmul_ops(),
           elementwise_ops(),
           reduce_ops(),
           softmax_ops(),
           normalization_ops(),
           dropout_ops(),
           view_ops(),
           pad_ops(),
       }) {
    table.insert(table.end(), family.begin(), family.end());
  }
  return table;
}

}  // namespace autonet
