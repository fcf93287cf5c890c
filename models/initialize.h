#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "autonet/autograd/array.h"
#include "autonet/models/init.h"

namespace autonet::internal {

/// A row of the table of initialisers, in the order of Init::Type.
struct InitType {
  std::string name;         // in model.json
  bool needs_scale = true;  // false: the name alone is enough, and means a scale of 1
  double lowest_scale = 0.0;
};
inline constexpr double kLargestScale = 1e6;

std::span<const InitType> init_table();

/// A new array with numbers that depend on seed, name and shape alone: not on the other parameters,
/// and on the dtype only by rounding.
Array initialize(const Init& init, const ArrayType& type, Index fan_in, Index fan_out,
                 std::uint64_t seed, const std::string& name);

}  // namespace autonet::internal
