#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"
#include "check/limits.h"

namespace autonet::internal {

/// What one element of a gradient should be, found without its rule.
struct ElementSample {
  Index element = 0;
  double right = 0.0;
};

/// How near right numbers are to the samples.
struct Closeness {
  double relative = 0.0;
  double absolute = 0.0;
};
/// For samples found by differences.
constexpr Closeness kByDifferences{.relative = kAlike, .absolute = kAlikeAbsolute};

/// Describes how a gradient differs from the samples: by a factor (the sign, the batch size), a
/// flip, an exchange of axes, only at the border, or only at one index; else at how many elements.
/// Empty if no sample differs. `batch` is the batch size, 0 if unknown.
std::string diagnose_elements(std::span<const ElementSample> samples,
                              std::span<const double> gradient, const Shape& shape,
                              const Closeness& closeness, Index batch = 0);

/// An index on an axis that all of `wrong` have and none of `good`, of two lists of positions.
struct AxisIndex {
  size_t axis = 0;
  Index index = 0;
};
std::optional<AxisIndex> common_index(std::span<const std::vector<Index>> wrong,
                                      std::span<const std::vector<Index>> good);

/// True if a diagnosis names a pattern, false if it only counts elements.
bool says_how(const std::string& diagnosis);

}  // namespace autonet::internal
