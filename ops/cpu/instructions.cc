#include "ops/cpu/instructions.h"

#include <hwy/targets.h>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::cpu {

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets())
    names.emplace_back(hwy::TargetName(target));
  return names;
}

void limit_instructions(const std::string& name) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name != hwy::TargetName(target)) continue;
    hwy::DisableTargets(target - 1);  // the bits of better sets are lower
    return;
  }
  throw ModelError(text::concat("instructions: there is no set \"", name,
                                "\" on this machine; it has ",
                                text::joined(instruction_sets(), ", ")));
}

}  // namespace autonet::cpu
