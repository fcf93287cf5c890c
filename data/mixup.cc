#include "data/mixup.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// Uniform in (0, 1].
double positive(Random& random) {
  return 1.0 - random.uniform();
}

/// The logarithm of a number from the gamma distribution of this shape: that of shape + 1, as
/// G. Marsaglia and W. Tsang draw it ("A simple method for generating gamma variables", 2000),
/// times U^(1/shape). The number itself may be too small for a double.
double log_gamma_number(Random& random, double shape) {
  const double d = shape + 2.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1.0 + c * x;
    const double u = positive(random);
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return std::log(d * v) + std::log(positive(random)) / shape;
    }
  }
}

template <typename T>
void mix_rows(const Mixing& mixing, Array& rows) {
  const auto count = mixing.partners.size();
  const auto size = count == 0 ? size_t{0} : static_cast<size_t>(rows.size()) / count;
  const auto row = [&](size_t i) { return rows.data<T>() + i * size; };
  std::vector<T> first(size);
  std::vector<bool> mixed(count, false);
  const auto mix_with = [&](size_t i, const T* partner) {
    const T share = static_cast<T>(mixing.shares[i]);
    std::transform(row(i), row(i) + size, partner, row(i),
                   [share](T own, T other) { return share * own + (T{1} - share) * other; });
    mixed[i] = true;
  };
  // Along a cycle of the permutation, a row is mixed before the one that it is the partner of;
  // only the first row of the cycle is needed once more after it was mixed.
  for (size_t start = 0; start < count; ++start) {
    if (mixed[start]) continue;
    std::copy_n(row(start), size, first.begin());
    for (size_t i = start; !mixed[i];) {
      const auto partner = static_cast<size_t>(mixing.partners[i]);
      mix_with(i, partner == start ? first.data() : row(partner));
      i = partner;
    }
  }
}

}  // namespace

double draw_beta(Random& random, double alpha) {
  const double first = log_gamma_number(random, alpha);
  const double second = log_gamma_number(random, alpha);
  return 1.0 / (1.0 + std::exp(second - first));
}

Mixing draw_mixing(double alpha, Index count, std::uint64_t seed, Index step) {
  const auto at = static_cast<std::uint64_t>(step);
  Mixing mixing{.partners = permutation(count, seed, stream_of("mixup/partners") + at),
                .shares = {}};
  Random random(seed, stream_of("mixup/shares") + at);
  for (Index i = 0; i < count; ++i) mixing.shares.push_back(draw_beta(random, alpha));
  return mixing;
}

void mix(const Mixing& mixing, Array& rows) {
  if (rows.rank() == 0 || rows.shape()[0] != std::ssize(mixing.partners)) {
    throw Error(
        text::concat("mixing: ", mixing.partners.size(), " rows are expected, got ", rows.shape()));
  }
  rows.dtype() == DType::f32 ? mix_rows<float>(mixing, rows) : mix_rows<double>(mixing, rows);
}

}  // namespace autonet::internal
