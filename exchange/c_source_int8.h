#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "autonet/autograd/tape.h"
#include "autonet/models/model.h"
#include "autonet/ops/window.h"

namespace autonet::internal {

/// An image [rows,columns,channels] or a vector [1,1,n] of bytes: q stands for scale · (q - zero).
struct Int8Value {
  std::string name = {};  ///< "conv_1_relu"
  Shape image = {};
  double scale = 1.0;
  int zero = 0;
  std::size_t first = 0, last = 0;  ///< the steps that write it and read it last
};

/// A step of a prediction in bytes. From x it computes sums s[i,j,k] of products with the weights,
/// or takes s = q - zero, and then y = s · multiplier[k] + offset[k], in units of y's scale.
struct Int8Step {
  enum class Kind { convolve, each, pool };
  Kind kind = Kind::convolve;
  std::string layer = {};
  std::size_t x = 0, y = 0;  ///< numbers of values
  bool flat = false;         ///< x is read as one vector
  bool to_numbers = false;   ///< the last step, whose y are numbers and not bytes
  bool relu = false;
  KernelSize kernel = {};
  Window window = {};
  std::vector<std::int8_t> weights = {};  ///< [R,S,C,K]
  std::vector<double> multiplier = {}, offset = {};
};

/// A model whose weights and activations are bytes.
struct Int8Model {
  std::vector<Int8Value> values;  ///< the first is the input, the last stands for the outputs
  std::vector<Int8Step> steps;
  std::set<std::string> unsupported;  ///< "conv_1: tanh"
};

/// Rounds weights to bytes, each output channel by a scale of its own, so that the largest weight
/// becomes 127. The range of each activation is that which it has for the calibration inputs.
/// Factors and offsets of each channel, such as biases and batch normalization, become part of
/// `multiplier` and `offset`.
Int8Model to_int8(const Model& model, const Weights& weights, const Array& calibration,
                  Context& context);

}  // namespace autonet::internal
