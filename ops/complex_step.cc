#include "ops/complex_step.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

namespace autonet::internal {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash ^= word;
  hash *= 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 32);
}

}  // namespace

// z^c. A whole power by repeated multiplication, a high one of -z with its sign: the logarithm of
// a negative number would give it an imaginary part of rounding.
Complex pow(Complex z, Complex constant) {
  const double c = constant.real();
  if (c != std::floor(c)) return std::exp(c * std::log(z));
  if (std::abs(c) > 64) {
    const bool negative = z.real() < 0;
    const Complex power = std::exp(c * std::log(negative ? -z : z));
    return negative && std::fmod(c, 2.0) != 0.0 ? -power : power;
  }
  Complex product = 1.0;
  for (int k = 0; k < static_cast<int>(std::abs(c)); ++k) product *= z;
  return c < 0 ? 1.0 / product : product;
}

// Only quotients below 1 are formed, so that their imaginary parts keep their digits.
Complex atan2(Complex a, Complex b) {
  const double half_turn = std::copysign(std::numbers::pi, a.real());
  if (std::abs(a.real()) > std::abs(b.real())) return 0.5 * half_turn - std::atan(b / a);
  return b.real() < 0 ? half_turn + std::atan(a / b) : std::atan(a / b);
}

// Near 0, erf(z) = 2/sqrt(pi) e^(-z^2) sum over n of 2^n z^(2n+1) / (2n+1)!!, whose terms all have
// one sign on the real line, so that nothing cancels; further out erf(z) = 1 - e^(-z^2)/sqrt(pi)
// 1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + …)))) (M. Abramowitz, I. Stegun, 7.1.6 and 7.1.14).
Complex erf(Complex z) {
  if (z.real() < 0) return -erf(-z);
  if (z.real() > 3) {
    Complex fraction = z;
    for (int k = 100; k >= 1; --k) fraction = z + 0.5 * k / fraction;
    return 1.0 - std::numbers::inv_sqrtpi * std::exp(-z * z) / fraction;
  }
  Complex term = z;
  Complex sum = z;
  for (int n = 1; std::abs(term) > 1e-18 * std::abs(sum); ++n) {
    term *= 2.0 * z * z / (2.0 * n + 1.0);
    sum += term;
  }
  return 2.0 * std::numbers::inv_sqrtpi * std::exp(-z * z) * sum;
}

std::uint64_t fingerprint_of_signs(const Array& x) {
  std::uint64_t hash = 1;
  std::uint64_t word = 0;
  int filled = 0;
  for (const double value : x.to_vector()) {
    word = (word << 2) | (value > 0.0 ? 1u : value < 0.0 ? 2u : 0u);
    if (++filled < 32) continue;
    hash = mixed(hash, word);
    word = 0;
    filled = 0;
  }
  return mixed(hash, word);
}

std::uint64_t fingerprint_of_numbers(const Array& x) {
  std::uint64_t hash = 1;
  for (const double value : x.to_vector()) hash = mixed(hash, std::bit_cast<std::uint64_t>(value));
  return hash;
}

Array positions_in(const ArrayType& x) {
  constexpr size_t kPeriod = size_t{1} << 24;  // all whole numbers up to it are floats
  return array_of(x, [](size_t k) { return static_cast<double>(k % kPeriod); });
}

Array array_of(const ArrayType& type, const std::function<double(std::size_t)>& slope) {
  std::vector<double> numbers(static_cast<std::size_t>(type.shape.size()));
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = slope(k);
  return Array::from<double>(type.shape, numbers).to(type.dtype);
}

}  // namespace autonet::internal
