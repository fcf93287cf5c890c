#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/tape.h"
#include "autonet/models/init.h"
#include "autonet/ops/window.h"
#include "autonet/train/checkpoint.h"

namespace autonet {

class Parameters;

/// The name of a layer among some parameters, and the shape of its weights; see Parameters.
struct NamedLayer {
  Parameters& parameters;  ///< where its arrays are
  std::string name;        ///< "hidden": its arrays are "hidden/weight" and "hidden/bias"
  Shape shape;             ///< of its weights
  Init init;               ///< how its weights start
};

/// Named arrays that are trained, for networks that are written in C++. An array is made, with its
/// starting numbers, when it is first asked for:
///
///     Parameters p(1);
///     const auto net = [&](Var x) {
///       return linear(tanh(linear(x, p("hidden", {2, 16}))), p("out", {16, 1}));
///     };
///
/// A starting number depends on the seed and on the array's name and shape, not on the order in
/// which arrays are asked for.
class Parameters {
 public:
  /// No parameters yet; all will have this dtype.
  explicit Parameters(std::uint64_t seed = 1, DType dtype = DType::f32)
      : seed_(seed), dtype_(dtype) {}
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  /// Parameter `name` as a leaf of `tape`; the same leaf if it is asked for again. Throws Error if
  /// it exists with another shape.
  Var on(Tape& tape, const std::string& name, const Shape& shape,
         const Init& init = {.type = Init::Type::xavier, .scale = 1.0});
  /// A layer, for linear() and conv2d().
  NamedLayer operator()(std::string name, const Shape& shape,
                        const Init& init = {.type = Init::Type::xavier, .scale = 1.0}) {
    return {*this, std::move(name), shape, init};
  }

  /// All arrays, in the order in which they were first asked for. They share their numbers with
  /// what is trained.
  std::vector<Array> arrays() const;
  /// The parameters that were recorded on `tape`, in the same order; those that were not are
  /// missing.
  std::vector<Var> leaves(Tape& tape) const;
  /// The arrays with their names, for save_arrays().
  const std::vector<NamedArray>& named() const { return named_; }
  /// Takes over the numbers of a file that save_arrays() wrote; what is asked for later starts with
  /// them. Throws DataError if the file cannot be read or holds numbers that are not finite, Error
  /// if a shape differs.
  void load(const std::string& path);

 private:
  Array* find(const std::string& name);

  std::uint64_t seed_;
  DType dtype_;
  std::vector<NamedArray> named_;
};

/// y = x w + b: a fully connected layer. Shapes: x [N,inputs], w [inputs,units], b [units].
Var linear(Var x, const NamedLayer& layer);

/// y = conv2d(x, w) + b: a convolution layer. Shapes: x [N,H,W,C], w [R,S,C,K], b [K].
Var conv2d(Var x, const NamedLayer& layer, const Window& window = {});

}  // namespace autonet
