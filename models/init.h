#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/array.h"

namespace autonet {

/// How a parameter starts. fan_in = inputs that one output sums, fan_out = outputs that one input
/// feeds (for [R,S,C,K]: R*S*C and R*S*K).
struct Init {
  enum class Type {
    normal,      // mean 0, standard deviation `scale`
    uniform,     // even in [-scale, scale)
    xavier,      // even in ±scale·sqrt(6 / (fan_in + fan_out)); Glorot, Bengio 2010
    he,          // normal with standard deviation scale·sqrt(2 / fan_in); He et al. 2015
    orthogonal,  // scale · a matrix [fan_in, outputs] with orthonormal rows or columns; Saxe 2013
    constant,    // `scale` everywhere
  };
  Type type = Type::constant;
  double scale = 0.0;
};

/// The names of the types in a model.json, in the order of Init::Type.
std::vector<std::string> init_names();

/// Fills a fresh array. The numbers depend on seed, name and shape alone (not on the dtype up to
/// rounding, nor on other parameters).
Array initialize(const Init& init, const ArrayType& type, Index fan_in, Index fan_out,
                 std::uint64_t seed, const std::string& name);

}  // namespace autonet
