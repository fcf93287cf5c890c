// Exponentials and logarithms in C, so that softmax and most activations need no library, and no
// library changes what a model computes.
#include "exchange/c_source_function_texts.h"

namespace autonet::internal {

std::span<const CFunction> math_functions() {
  static const std::vector<CFunction> kFunctions = {
      {"exponential", {}, R"(
/* e^x, to two units in the last place: e^x = 2^k e^r with |r| <= ln(2) / 2, and for e^r its series. */
static number exponential(number x) {
  number y = 1, power = 2;
  if (x != x) return x;
  if (x > 1100) x = 1100; /* infinite from 710 (float: 89) */
  if (x < -1100) x = -1100;
  const int32_t k = (int32_t)(x * 1.4426950408889634@ + (x < 0 ? -0.5@ : 0.5@));
  const number r = (x - (number)k * 0.693359375@) + (number)k * 2.121944400546905827679e-4@;
  for (int32_t n = sizeof(number) == 4 ? 8 : 14; n > 0; --n) y = 1 + y * r / (number)n;
  if (k < 0) power = 0.5@;
  if (k > 0) y *= 2; /* so that 2^k itself does not overflow where e^x does not */
  for (int32_t rest = k < 0 ? -k : k - 1; rest > 0; rest /= 2, power *= power) {
    if (rest % 2 == 1) y *= power;
  }
  return y;
}
)"},
      {"exp_minus_1", {"exponential"}, R"(
/* e^x - 1, to four units in the last place, also where x is small: there by the series. */
static number exp_minus_1(number x) {
  number y = 1;
  if (x < -0.4@ || x > 0.4@) return exponential(x) - 1;
  for (int32_t n = sizeof(number) == 4 ? 9 : 15; n > 1; --n) y = 1 + y * x / (number)n;
  return x * y;
}
)"},
      {"logarithm", {}, R"(
/* ln x, to three units in the last place: x = 2^k m with m near 1, and ln m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with
   s = (m - 1) / (m + 1). */
static number logarithm(number x) {
  number m = x, sum = 0;
  int32_t k = 0;
  if (x - x != 0) return x < 0 ? x - x : x; /* infinite, or not a number */
  if (x <= 0) return x < 0 ? (x - x) / (x - x) : -1 / (x * x);
  for (; m >= 65536; k += 16) m *= 0.0000152587890625@;
  for (; m < 0.0000152587890625@; k -= 16) m *= 65536;
  for (; m > 1.41421356@; ++k) m *= 0.5@;
  for (; m < 0.70710678@; --k) m *= 2;
  const number s = (m - 1) / (m + 1);
  for (int32_t n = sizeof(number) == 4 ? 11 : 25; n > 0; n -= 2) sum = sum * s * s + 2 / (number)n;
  return (number)k * 0.693359375@ + (s * sum - (number)k * 2.121944400546905827679e-4@);
}
)"},
      {"log_of_1_plus", {"logarithm"}, R"(
/* ln(1 + x), to four units in the last place, also where x is small: what 1 + x loses is put right. */
static number log_of_1_plus(number x) {
  const volatile number y = 1 + x;
  if (y - 1 == 0 || y - y != 0 || y <= 0) return y - 1 == 0 ? x : logarithm(y);
  return logarithm(y) * (x / (y - 1));
}
)"},
      {"tangent", {"exp_minus_1"}, R"(
/* The hyperbolic tangent of x, to three units in the last place. */
static number tangent(number x) {
  const number a = x < 0 ? -x : x;
  if (a > 30) return x < 0 ? -1 : 1;
  const number e = exp_minus_1(2 * a);
  return x < 0 ? -(e / (e + 2)) : e / (e + 2);
}
)"},
  };
  return kFunctions;
}

}  // namespace autonet::internal
