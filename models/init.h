#pragma once

namespace autonet {

/// The distribution that the starting numbers of a parameter are drawn from.
///
/// fan_in is the number of inputs that one output sums, fan_out the number of outputs that one
/// input feeds: for convolution weights [R,S,C,K], R·S·C and R·S·K.
struct Init {
  /// A family of distributions.
  enum class Type {
    normal,      ///< Normal with mean 0 and standard deviation `scale`.
    uniform,     ///< Uniform in [-scale, scale).
    xavier,      ///< Uniform in ±scale·sqrt(6 / (fan_in + fan_out)): Glorot, Bengio 2010.
    he,          ///< Normal with standard deviation scale·sqrt(2 / fan_in): He et al. 2015.
    orthogonal,  ///< `scale` times a matrix [fan_in, outputs] with orthonormal rows or columns:
                 ///< Saxe et al. 2013.
    constant,    ///< `scale` everywhere.
  };
  Type type = Type::constant;  ///< The family.
  double scale = 0.0;          ///< The number beside the family's name in model.json.
};

}  // namespace autonet
