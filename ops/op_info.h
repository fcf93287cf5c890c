#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/var.h"

namespace autonet {

/// The random numbers of one input in a test case.
struct InputSpec {
  /// How the numbers are drawn.
  enum class Kind {
    real,      ///< Uniform in [low, high), and at least 0.05 away from the kink at 0.
    distinct,  ///< A shuffled even grid over [low, high): no ties, for ops that pick a maximum.
    integer,   ///< Whole numbers in [low, high]: labels, exact arithmetic.
  };
  Shape shape;             ///< Of the input.
  double low = -1.0;       ///< Lower end of the range.
  double high = 1.0;       ///< Upper end of the range.
  Kind kind = Kind::real;  ///< How the numbers are drawn.
};

/// One setting on which an op's values and gradients are tested.
struct OpCase {
  std::string label;              ///< "stride 2, a remainder": unique within the op.
  std::vector<InputSpec> inputs;  ///< One for each input.
  /// Records the case on inputs of these types (all of one dtype) and gives its output.
  std::function<Var(std::span<const Var>)> record;
};

/// A row of the op table.
struct OpInfo {
  std::string_view name;      ///< As in functions, JSON, errors and documentation.
  std::string_view formula;   ///< "y = max(x, 0)".
  std::vector<OpCase> cases;  ///< Settings on which the tests run the op.
};

/// Numbers for one input of a case, f64, the same for the same seed and stream.
Array sample(const InputSpec& spec, std::uint64_t seed, std::uint64_t stream);

}  // namespace autonet
