#include "check/selection.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "autograd/error.h"

namespace autonet {

void require_points(std::span<const Array> points, std::span<const std::string> names) {
  if (points.size() != names.size()) {
    throw Error("check_grad: " + std::to_string(points.size()) + " points but " +
                std::to_string(names.size()) + " names");
  }
  for (size_t i = 0; i < points.size(); ++i) {
    if (std::ranges::count(names, names[i]) > 1) {
      throw Error("check_grad: two points are called \"" + names[i] + "\"");
    }
    if (points[i].dtype() == DType::f64) continue;
    throw Error("check_grad: \"" + names[i] + "\" is f32; differences need f64");
  }
}

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
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    throw Error("check_grad: nothing is called \"" + wanted + "\"; there are " + all);
  }
  return chosen;
}

std::vector<Index> drawn(Index total, Index count, Random& random) {
  std::vector<Index> all;
  if (count >= total) {
    all.resize(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  std::set<Index> some;
  while (static_cast<Index>(some.size()) < count) {
    some.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(total))));
  }
  return {some.begin(), some.end()};
}

}  // namespace autonet
