#include "models/initialize.h"

#include <doctest/doctest.h>

#include <Eigen/Dense>
#include <cmath>

namespace autonet::internal {
namespace {

constexpr std::uint64_t kSeed = 7;

struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
  double low = 1e30;
  double high = -1e30;
};

Moments moments(const Array& array) {
  Moments m;
  double squares = 0.0;
  for (double x : array.to_vector()) {
    m.mean += x;
    squares += x * x;
    m.low = std::min(m.low, x);
    m.high = std::max(m.high, x);
  }
  const auto count = static_cast<double>(array.size());
  m.mean /= count;
  m.deviation = std::sqrt(squares / count - m.mean * m.mean);
  return m;
}

Array weights(Init::Type type, double scale, DType dtype = DType::f64) {
  return initialize({type, scale}, {{200, 300}, dtype}, 200, 300, kSeed, "fc/weight");
}

TEST_CASE("the mean and the deviation of every initialiser") {
  CAPTURE(kSeed);
  // The mean of 60,000 numbers is off by less than 4/sqrt(60000) = 1.6 % of the deviation.
  const Moments normal = moments(weights(Init::Type::normal, 0.1));
  CHECK(std::abs(normal.mean) < 0.0016);
  CHECK(normal.deviation == doctest::Approx(0.1).epsilon(0.015));

  const Moments uniform = moments(weights(Init::Type::uniform, 0.5));
  CHECK(uniform.low >= -0.5);
  CHECK(uniform.high < 0.5);
  CHECK(uniform.high > 0.499);
  CHECK(uniform.deviation == doctest::Approx(0.5 / std::sqrt(3.0)).epsilon(0.015));

  const Moments xavier = moments(weights(Init::Type::xavier, 1.0));
  const double bound = std::sqrt(6.0 / 500.0);
  CHECK(xavier.low >= -bound);
  CHECK(xavier.high < bound);
  CHECK(xavier.deviation == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.015));

  const Moments he = moments(weights(Init::Type::he, 1.0));
  CHECK(he.deviation == doctest::Approx(0.1).epsilon(0.015));  // sqrt(2 / 200)

  const Moments constant = moments(weights(Init::Type::constant, 0.25));
  CHECK(constant.low == 0.25);
  CHECK(constant.high == 0.25);
}

TEST_CASE("orthogonal matrices are orthonormal along their shorter side") {
  for (const Shape& shape : {Shape{20, 7}, Shape{7, 20}, Shape{9, 9}}) {
    const Index rows = shape[0];
    const Index cols = shape[1];
    CAPTURE(rows);
    CAPTURE(cols);
    const Array w = initialize({Init::Type::orthogonal, 2.0}, {{rows, cols}, DType::f64}, rows,
                               cols, kSeed, "w");
    Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> m(w.data<double>(), rows,
                                                                       cols);
    const Eigen::MatrixXd gram =
        rows >= cols ? Eigen::MatrixXd(m.transpose() * m) : Eigen::MatrixXd(m * m.transpose());
    const Index n = std::min(rows, cols);
    CHECK((gram - 4.0 * Eigen::MatrixXd::Identity(n, n)).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("orthogonal convolution weights are orthonormal as a matrix [fan_in, outputs]") {
  const Array w =
      initialize({Init::Type::orthogonal, 1.0}, {{3, 3, 2, 5}, DType::f64}, 18, 45, kSeed, "w");
  const std::vector<double> x = w.to_vector();
  for (size_t a = 0; a < 5; ++a) {
    for (size_t b = 0; b < 5; ++b) {
      double dot = 0.0;
      for (size_t i = 0; i < 18; ++i) dot += x[i * 5 + a] * x[i * 5 + b];
      CHECK(dot == doctest::Approx(a == b ? 1.0 : 0.0).epsilon(1e-12));
    }
  }
}

TEST_CASE("numbers depend on seed and name, and on the dtype only by rounding") {
  const std::vector<double> wide = weights(Init::Type::he, 1.0).to_vector();
  CHECK(wide == weights(Init::Type::he, 1.0).to_vector());
  const std::vector<double> narrow = weights(Init::Type::he, 1.0, DType::f32).to_vector();
  for (size_t i = 0; i < wide.size(); i += 997) {
    CHECK(narrow[i] == static_cast<double>(static_cast<float>(wide[i])));
  }
  const ArrayType type{{200, 300}, DType::f64};
  const Init he{Init::Type::he, 1.0};
  CHECK(wide != initialize(he, type, 200, 300, kSeed + 1, "fc/weight").to_vector());
  CHECK(wide != initialize(he, type, 200, 300, kSeed, "fc_2/weight").to_vector());
}

}  // namespace
}  // namespace autonet::internal
