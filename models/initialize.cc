#include "models/initialize.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <vector>

#include "autonet/autograd/random.h"

namespace autonet::internal {
namespace {

/// A random matrix with orthonormal columns, or rows if it has more columns than rows. It is the Q
/// of the QR decomposition of a normal matrix. Multiplying its columns by the signs of R's diagonal
/// makes all such matrices equally likely (F. Mezzadri, arXiv:math-ph/0609050).
Eigen::MatrixXd orthonormal(Index rows, Index columns, Random& random) {
  const bool wide = columns > rows;
  Eigen::MatrixXd normal(wide ? columns : rows, wide ? rows : columns);
  for (Index i = 0; i < normal.rows(); ++i) {
    for (Index j = 0; j < normal.cols(); ++j) normal(i, j) = random.normal();
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(normal);
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(normal.rows(), normal.cols());
  for (Index j = 0; j < q.cols(); ++j) {
    if (qr.matrixQR()(j, j) < 0.0) q.col(j) = -q.col(j);
  }
  return wide ? Eigen::MatrixXd(q.transpose()) : q;
}

}  // namespace

std::span<const InitType> init_table() {
  static const std::vector<InitType> kTable = {
      {.name = "normal"},
      {.name = "uniform"},
      {.name = "xavier", .needs_scale = false},
      {.name = "he", .needs_scale = false},
      {.name = "orthogonal", .needs_scale = false},
      {.name = "constant", .lowest_scale = -kLargestScale},
  };
  return kTable;
}

Array initialize(const Init& init, const ArrayType& type, Index fan_in, Index fan_out,
                 std::uint64_t seed, const std::string& name) {
  Array values = Array::uninitialized(type);
  const Index size = values.size();
  Random random(seed, stream_of(name.c_str()));
  // Numbers are drawn in double precision for both dtypes and written one by one, which needs no
  // second array.
  const auto write = [&](auto number_at) {
    for (Index i = 0; i < size; ++i) {
      if (type.dtype == DType::f32) {
        values.data<float>()[i] = static_cast<float>(number_at(i));
      } else {
        values.data<double>()[i] = number_at(i);
      }
    }
  };
  const auto uniform = [&](double bound) {
    write([&](Index) { return random.uniform(-bound, bound); });
  };
  const auto normal = [&](double deviation) {
    write([&](Index) { return deviation * random.normal(); });
  };
  switch (init.type) {
    case Init::Type::normal:
      normal(init.scale);
      break;
    case Init::Type::uniform:
      uniform(init.scale);
      break;
    case Init::Type::xavier:
      uniform(init.scale *
              std::sqrt(6.0 / static_cast<double>(std::max<Index>(1, fan_in + fan_out))));
      break;
    case Init::Type::he:
      normal(init.scale * std::sqrt(2.0 / static_cast<double>(std::max<Index>(1, fan_in))));
      break;
    case Init::Type::orthogonal: {
      const Index outputs = type.shape.rank() == 0 ? 1 : type.shape[type.shape.rank() - 1];
      if (size == 0) break;
      const Eigen::MatrixXd q = orthonormal(size / outputs, outputs, random);
      write([&](Index i) { return init.scale * q(i / outputs, i % outputs); });
      break;
    }
    case Init::Type::constant:
      values.fill(init.scale);
      break;
  }
  return values;
}

}  // namespace autonet::internal
