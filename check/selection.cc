#include "check/selection.h"

#include <numeric>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/suggest.h"

namespace autonet::internal {

std::vector<bool> selection(std::span<const std::string> names, std::span<const std::string> only) {
  std::vector<bool> chosen(names.size(), only.empty());
  for (const std::string& wanted : only) {
    bool any = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] != wanted && !names[i].starts_with(wanted + "/")) continue;
      chosen[i] = true;
      any = true;
    }
    if (any) continue;
    throw Error(text::concat("check_grad: no tensor or layer is called \"", wanted, "\"",
                             text::did_you_mean(wanted, names)));
  }
  return chosen;
}

std::vector<Index> drawn(Index total, Index count, Random& random) {
  if (count >= total) {
    std::vector<Index> all(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  std::set<Index> some;
  while (static_cast<Index>(some.size()) < count) {
    some.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(total))));
  }
  return {some.begin(), some.end()};
}

}  // namespace autonet::internal
