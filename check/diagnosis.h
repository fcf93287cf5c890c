#pragma once

#include <span>
#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// What one element of a gradient should be, told by something else than its rule.
struct ElementSample {
  Index element = 0;
  double right = 0.0;
};

/// How near right numbers come to the samples: relative, and absolute.
struct Closeness {
  double relative = 0.0;
  double absolute = 0.0;
};
/// Of samples by differences.
constexpr Closeness kByDifferences{1e-5, 1e-9};

/// In which way a gradient is wrong, as far as the samples tell: a factor (the sign, the batch
/// size), a flip, an exchange of axes, the border alone, one index alone. Says at least at how many
/// places; empty if no sample disagrees. `batch` is the batch size if known, else 0.
std::string diagnose_elements(std::span<const ElementSample> samples,
                              std::span<const double> gradient, const Shape& shape,
                              const Closeness& closeness, Index batch = 0);

/// Does such a text name a pattern, or only count?
bool says_how(const std::string& diagnosis);

/// The position of the element-th element, in row-major order; and the way back.
std::vector<Index> position_of(Index element, const Shape& shape);
Index element_at(std::span<const Index> position, const Shape& shape);
/// A number as people write it, six digits at most: "0.5", "1.001", "1e-09".
std::string short_text(double x);
/// "[1,0,3]"
std::string position_text(std::span<const Index> position);

}  // namespace autonet
