#include "autonet/ops/table.h"

#include "ops/families.h"

namespace autonet {

std::vector<OpInfo> op_table() {
  std::vector<OpInfo> table;
#define AUTONET_APPEND(name) \
  for (OpInfo & row : internal::name##_ops()) table.push_back(std::move(row));
  AUTONET_OP_FAMILIES(AUTONET_APPEND)
#undef AUTONET_APPEND
  return table;
}

}  // namespace autonet
