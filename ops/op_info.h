#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/array.h"
#include "autograd/var.h"

namespace autonet {

/// What numbers a test case feeds to one input.
struct InputSpec {
  enum class Kind {
    real,      // uniform in [low, high), and at least 0.05 away from the kink at 0
    distinct,  // a shuffled even grid over [low, high): no ties, for what picks a maximum
    integer,   // whole numbers in [low, high]: labels, exact arithmetic
  };
  Shape shape;
  double low = -1.0;
  double high = 1.0;
  Kind kind = Kind::real;
};

/// One setting on which an op's values and gradients are tested.
struct OpCase {
  std::string label;  // "stride 2, a remainder": unique within the op
  std::vector<InputSpec> inputs;
  /// Records the case on inputs of these types (all of one dtype) and gives its output.
  std::function<Var(std::span<const Var>)> record;
};

/// A row of the op table.
struct OpInfo {
  std::string_view name;     // the one spelling everywhere
  std::string_view formula;  // "y = max(x, 0)"
  std::vector<OpCase> cases;
};

/// Numbers for one input of a case, f64, the same for the same seed and stream.
Array sample(const InputSpec& spec, std::uint64_t seed, std::uint64_t stream);

}  // namespace autonet
