// No #pragma once: read once for each instruction set, inside foreach_target.h.
#if defined(AUTONET_OPS_CPU_WINOGRAD_MATRICES) == defined(HWY_TARGET_TOGGLE)
#ifdef AUTONET_OPS_CPU_WINOGRAD_MATRICES
#undef AUTONET_OPS_CPU_WINOGRAD_MATRICES
#else
#define AUTONET_OPS_CPU_WINOGRAD_MATRICES
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The three matrices of F(4, 3) along one axis: the transpose of a product of two polynomials that
// is formed at six points, 0, a, -a, b, -b and infinity, in this order everywhere. The two points
// of a pair differ in the sign of odd powers alone, so even and odd powers are summed once for
// both.
//
// These a and b keep the matrices' numbers alike in size and, having few binary digits, exact in
// B and A: the error was a quarter of that with the customary 1 and 2, and no larger than with
// sqrt(1/2) and sqrt(2).
constexpr double kA = 0.6875;
constexpr double kB = 1.5;
constexpr double kA2 = kA * kA;
constexpr double kB2 = kB * kB;

template <typename D>
HWY_INLINE hn::Vec<D> number(D d, double value) {
  return hn::Set(d, static_cast<float>(value));
}

/// v = B' x: the signal, seen from the points.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void see(D d, const V (&x)[6], V (&v)[6]) {
  const V a = number(d, kA);
  const V b = number(d, kB);
  const V a2 = number(d, kA2);
  const V b2 = number(d, kB2);
  const V ab = number(d, kA2 * kB2);
  const V sum = number(d, kA2 + kB2);
  const V even_a = hn::NegMulAdd(b2, x[2], x[4]);
  const V odd_a = hn::NegMulAdd(b2, x[1], x[3]);
  const V even_b = hn::NegMulAdd(a2, x[2], x[4]);
  const V odd_b = hn::NegMulAdd(a2, x[1], x[3]);
  v[0] = hn::MulAdd(ab, x[0], hn::NegMulAdd(sum, x[2], x[4]));
  v[1] = hn::MulAdd(a, odd_a, even_a);
  v[2] = hn::NegMulAdd(a, odd_a, even_a);
  v[3] = hn::MulAdd(b, odd_b, even_b);
  v[4] = hn::NegMulAdd(b, odd_b, even_b);
  v[5] = hn::MulAdd(ab, x[1], hn::NegMulAdd(sum, x[3], x[5]));
}

/// u = G w: the kernel at the points, each over the product of its distances from the others.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void spread(D d, const V (&w)[3], V (&u)[6]) {
  constexpr double kOverA = 1.0 / (2.0 * kA2 * (kA2 - kB2));
  constexpr double kOverB = 1.0 / (2.0 * kB2 * (kB2 - kA2));
  const V even_a = hn::MulAdd(number(d, kOverA * kA2), w[2], hn::Mul(number(d, kOverA), w[0]));
  const V odd_a = hn::Mul(number(d, kOverA * kA), w[1]);
  const V even_b = hn::MulAdd(number(d, kOverB * kB2), w[2], hn::Mul(number(d, kOverB), w[0]));
  const V odd_b = hn::Mul(number(d, kOverB * kB), w[1]);
  u[0] = hn::Mul(number(d, 1.0 / (kA2 * kB2)), w[0]);
  u[1] = hn::Add(even_a, odd_a);
  u[2] = hn::Sub(even_a, odd_a);
  u[3] = hn::Add(even_b, odd_b);
  u[4] = hn::Sub(even_b, odd_b);
  u[5] = w[2];
}

/// y = A' m: the outputs out of the products at the points.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void collect(D d, const V (&m)[6], V (&y)[4]) {
  const V even_a = hn::Add(m[1], m[2]);
  const V odd_a = hn::Sub(m[1], m[2]);
  const V even_b = hn::Add(m[3], m[4]);
  const V odd_b = hn::Sub(m[3], m[4]);
  y[0] = hn::Add(hn::Add(m[0], even_a), even_b);
  y[1] = hn::MulAdd(number(d, kA), odd_a, hn::Mul(number(d, kB), odd_b));
  y[2] = hn::MulAdd(number(d, kA2), even_a, hn::Mul(number(d, kB2), even_b));
  y[3] = hn::MulAdd(number(d, kA * kA2), odd_a, hn::MulAdd(number(d, kB * kB2), odd_b, m[5]));
}

/// v = A y: the transpose of collect(), a cotangent sent back to the points.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void send(D d, const V (&y)[4], V (&v)[6]) {
  const V even_a = hn::MulAdd(number(d, kA2), y[2], y[0]);
  const V odd_a = hn::MulAdd(number(d, kA * kA2), y[3], hn::Mul(number(d, kA), y[1]));
  const V even_b = hn::MulAdd(number(d, kB2), y[2], y[0]);
  const V odd_b = hn::MulAdd(number(d, kB * kB2), y[3], hn::Mul(number(d, kB), y[1]));
  v[0] = y[0];
  v[1] = hn::Add(even_a, odd_a);
  v[2] = hn::Sub(even_a, odd_a);
  v[3] = hn::Add(even_b, odd_b);
  v[4] = hn::Sub(even_b, odd_b);
  v[5] = y[3];
}

/// w = G' u: the transpose of spread(), a kernel's cotangent out of the sums at the points.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void gather(D d, const V (&u)[6], V (&w)[3]) {
  constexpr double kOverA = 1.0 / (2.0 * kA2 * (kA2 - kB2));
  constexpr double kOverB = 1.0 / (2.0 * kB2 * (kB2 - kA2));
  const V even_a = hn::Add(u[1], u[2]);
  const V odd_a = hn::Sub(u[1], u[2]);
  const V even_b = hn::Add(u[3], u[4]);
  const V odd_b = hn::Sub(u[3], u[4]);
  w[0] = hn::MulAdd(
      number(d, kOverA), even_a,
      hn::MulAdd(number(d, kOverB), even_b, hn::Mul(number(d, 1.0 / (kA2 * kB2)), u[0])));
  w[1] = hn::MulAdd(number(d, kOverA * kA), odd_a, hn::Mul(number(d, kOverB * kB), odd_b));
  w[2] = hn::MulAdd(number(d, kOverA * kA2), even_a,
                    hn::MulAdd(number(d, kOverB * kB2), even_b, u[5]));
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#endif
