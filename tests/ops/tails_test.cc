// Every smooth function and its first two derivatives, in f32 and f64, against long double: over
// all magnitudes, at both tails, at infinities, NaN and denormal numbers.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "autograd/flush_denormals.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "ops/functions.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

using Real = long double;
constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr Real kPi = std::numbers::pi_v<Real>;

/// What a number should be. An error is measured in units in the last place of `scale`, the size of
/// the terms that are added up, times `growth`, by how much more than one rounding is natural.
struct Expected {
  Real value;
  Real scale;
  Real growth;
  Expected(Real v) : Expected(v, v) {}
  Expected(Real v, Real s, Real g = 1) : value(v), scale(std::abs(s)), growth(g) {}
};

/// Results that are nearer to zero are zero (internal::FlushDenormals).
template <typename T>
constexpr Real kSmallest = internal::FlushDenormals::supported()
                               ? std::numeric_limits<T>::min()
                               : std::numeric_limits<T>::denorm_min();

/// The largest error of `got`, in units in the last place of type T.
template <typename T>
Real error_in_ulps(double got, Expected expected) {
  const auto largest = static_cast<Real>(std::numeric_limits<T>::max());
  if (std::isnan(expected.value)) return std::isnan(got) ? 0 : kInfinite;
  if (std::abs(expected.value) > largest) {
    // Just below the overflow a last place more or less is allowed.
    const bool same_side = (got > 0) == (expected.value > 0);
    return same_side && std::abs(static_cast<Real>(got)) >= largest * (1 - 1e-6L) ? 0 : kInfinite;
  }
  if (std::isinf(got) || std::isnan(got)) {
    return std::abs(expected.value) > largest * (1 - 1e-6L) ? 0 : kInfinite;
  }
  const Real ulp = expected.growth *
                   std::max<Real>(expected.scale * std::numeric_limits<T>::epsilon(), kSmallest<T>);
  return std::abs(static_cast<Real>(got) - expected.value) / ulp;
}

/// Numbers of both signs: every normal power of two of the type with three fractions, a fine grid
/// over
/// [-130, 130] and, for f64, over [-800, 800], zeros and infinities, NaN.
template <typename T>
std::vector<double> sweep() {
  std::vector<double> numbers{0.0, -0.0, kInfinite, -kInfinite, std::nan("")};
  for (int e = std::numeric_limits<T>::min_exponent - 1; e < std::numeric_limits<T>::max_exponent;
       ++e) {
    for (const double fraction : {1.0, 1.3, 1.7}) {
      for (const double sign : {-1.0, 1.0}) {
        numbers.push_back(static_cast<T>(sign * std::ldexp(fraction, e)));
      }
    }
  }
  const double reach = sizeof(T) == 4 ? 130 : 800;
  for (double x = -reach; x <= reach; x += reach / 4001) numbers.push_back(static_cast<T>(x));
  return numbers;
}

template <typename T>
constexpr DType kTypeOf = sizeof(T) == 4 ? DType::f32 : DType::f64;

struct Case {
  const char* name;
  Var (*f)(Var);
  /// f, f' and f'' and the number of last places that each may be wrong by.
  Expected (*value)(Real);
  double ulps;
  Expected (*first)(Real) = nullptr;
  double first_ulps = 0;
  Expected (*second)(Real) = nullptr;
  double second_ulps = 0;
  double lowest = -kInfinite;  // the domain
};

Real sigma(Real x) {
  return 1 / (1 + std::exp(-x));
}
Real normal_density(Real x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * kPi);
}
Real normal_below(Real x) {
  return std::erfc(-x / std::sqrt(2.0L)) / 2;
}
/// The rounding of x^2 in e^(-x^2) costs x^2 units in the last place.
Expected of_square(Real value, Real x) {
  return {value, value, 1 + x * x};
}

const Case kCases[] = {
    {.name = "exp",
     .f = exp,
     .value = [](Real x) { return Expected(std::exp(x)); },
     .ulps = 2,
     .first = [](Real x) { return Expected(std::exp(x)); },
     .first_ulps = 2},
    {.name = "expm1",
     .f = expm1,
     .value = [](Real x) { return Expected(std::expm1(x)); },
     .ulps = 2,
     .first = [](Real x) { return Expected(std::exp(x)); },
     .first_ulps = 2},
    {.name = "log",
     .f = log,
     .value = [](Real x) { return Expected(std::log(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(1 / x); },
     .first_ulps = 1,
     .lowest = 0},
    {.name = "log1p",
     .f = log1p,
     .value = [](Real x) { return Expected(std::log1p(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(1 / (1 + x), 1 / (1 + x)); },
     .first_ulps = 2,
     .lowest = -1},
    {.name = "sin",
     .f = sin,
     .value = [](Real x) { return Expected(std::sin(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(std::cos(x)); },
     .first_ulps = 1,
     .second = [](Real x) { return Expected(-std::sin(x)); },
     .second_ulps = 1},
    {.name = "cos",
     .f = cos,
     .value = [](Real x) { return Expected(std::cos(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(-std::sin(x)); },
     .first_ulps = 1},
    {.name = "tan",
     .f = tan,
     .value = [](Real x) { return Expected(std::tan(x)); },
     .ulps = 2,
     .first = [](Real x) { return Expected(1 + std::tan(x) * std::tan(x)); },
     .first_ulps = 6},
    {.name = "sqrt",
     .f = sqrt,
     .value = [](Real x) { return Expected(std::sqrt(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(0.5L / std::sqrt(x)); },
     .first_ulps = 2,
     .lowest = 0},
    {.name = "erf",
     .f = erf,
     .value = [](Real x) { return Expected(std::erf(x)); },
     .ulps = 2,
     .first = [](Real x) { return of_square(2 / std::sqrt(kPi) * std::exp(-x * x), x); },
     .first_ulps = 3},
    {.name = "erfc",
     .f = erfc,
     .value = [](Real x) { return Expected(std::erfc(x)); },
     .ulps = 6,
     .first = [](Real x) { return of_square(-2 / std::sqrt(kPi) * std::exp(-x * x), x); },
     .first_ulps = 3},
    {.name = "tanh",
     .f = tanh,
     .value = [](Real x) { return Expected(std::tanh(x)); },
     .ulps = 2,
     .first = [](Real x) { return Expected(1 / (std::cosh(x) * std::cosh(x))); },
     .first_ulps = 8,
     .second = [](Real x) { return Expected(-2 * std::tanh(x) / (std::cosh(x) * std::cosh(x))); },
     .second_ulps = 12},
    {.name = "sigmoid",
     .f = sigmoid,
     .value = [](Real x) { return Expected(sigma(x)); },
     .ulps = 3,
     .first = [](Real x) { return Expected(sigma(x) * sigma(-x)); },
     .first_ulps = 8,
     .second = [](Real x) { return Expected(-sigma(x) * sigma(-x) * std::tanh(x / 2)); },
     .second_ulps = 12},
    {.name = "softplus",
     .f = softplus,
     .value =
         [](Real x) { return Expected(std::max<Real>(x, 0) + std::log1p(std::exp(-std::abs(x)))); },
     .ulps = 2,
     .first = [](Real x) { return Expected(sigma(x)); },
     .first_ulps = 3,
     .second = [](Real x) { return Expected(sigma(x) * sigma(-x)); },
     .second_ulps = 8},
    {.name = "elu",
     .f = [](Var x) { return elu(x); },
     .value = [](Real x) { return Expected(x > 0 ? x : std::expm1(x)); },
     .ulps = 1,
     .first = [](Real x) { return Expected(x > 0 ? 1 : std::exp(x)); },
     .first_ulps = 3,
     .second = [](Real x) { return Expected(x >= 0 ? 0 : std::exp(x)); },
     .second_ulps = 3},
    {.name = "gelu",
     .f = gelu,
     .value = [](Real x) { return of_square(x * normal_below(x), x); },
     .ulps = 4,
     .first =
         [](Real x) {
           const Real below = normal_below(x), slope = x * normal_density(x);
           return Expected(below + slope, below + std::abs(slope), 1 + x * x);
         },
     .first_ulps = 4,
     .second =
         [](Real x) {
           const Real density = normal_density(x);
           return Expected(density * (2 - x * x), density * (2 + x * x), 1 + x * x);
         },
     .second_ulps = 6},
};

/// The order-th derivative at each number, as arrays without gaps, as every second element of one,
/// or number by number.
template <typename T>
std::vector<double> evaluate(const Case& c, const std::vector<double>& numbers, int order,
                             bool strided) {
  Tape tape;
  Array values = Array::from<double>({static_cast<Index>(numbers.size())}, numbers).to(kTypeOf<T>);
  if (strided) {
    Array apart = Array::zeros({{2 * values.size()}, kTypeOf<T>}).slice(0, 0, values.size(), 2);
    apart.copy_from(values);
    values = apart;
  }
  const Var x = tape.variable(values);
  Var y = c.f(x);
  for (int k = 0; k < order; ++k) y = grad(sum(y), x);
  return y.value().to_vector();
}

}  // namespace

TEST_CASE_TEMPLATE("functions and their derivatives keep their digits at every magnitude", T, float,
                   double) {
  at_every_target([] {
    std::vector<double> all = sweep<T>();
    for (const Case& c : kCases) {
      std::vector<double> numbers;
      for (const double x : all) {
        if (!(x < c.lowest)) numbers.push_back(x);
      }
      Expected (*const references[])(Real) = {c.value, c.first, c.second};
      const double allowed[] = {c.ulps, c.first_ulps, c.second_ulps};
      for (int order = 0; order < 3 && references[order] != nullptr; ++order) {
        for (const bool strided : {false, true}) {
          const std::vector<double> got = evaluate<T>(c, numbers, order, strided);
          Real worst = 0;
          double where = 0;
          for (size_t i = 0; i < numbers.size(); ++i) {
            const Real error = error_in_ulps<T>(got[i], references[order](numbers[i]));
            if (error > worst) {
              worst = error;
              where = numbers[i];
            }
          }
          INFO(std::string(c.name), " of ", std::string(name_of(kTypeOf<T>)), ", derivative ",
               order, std::string(strided ? ", strided" : ""), ": off by ",
               static_cast<double>(worst), " units in the last place at ", where);
          CHECK(worst <= allowed[order]);
        }
      }
    }
  });
}

}  // namespace autonet
