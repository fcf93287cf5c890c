// No #pragma once: read once for each instruction set, inside foreach_target.h.
#if defined(AUTONET_OPS_CPU_WINOGRAD_TRANSFORMS) == defined(HWY_TARGET_TOGGLE)
#ifdef AUTONET_OPS_CPU_WINOGRAD_TRANSFORMS
#undef AUTONET_OPS_CPU_WINOGRAD_TRANSFORMS
#else
#define AUTONET_OPS_CPU_WINOGRAD_TRANSFORMS
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "ops/cpu/winograd_tiles.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The transforms of F(4, 3) along one axis, by the matrices B, G and A of the transposed product of
// two polynomials that is formed at six points: 0, a, -a, b, -b and infinity, in this order
// everywhere. The two points of a pair differ in the sign of odd powers alone, so even and odd
// powers are summed once for both.
//
// These a and b keep the matrices' numbers alike in size and, having few binary digits, exact in
// B and A: the error was a quarter of that with the customary 1 and 2, and no larger than with
// sqrt(1/2) and sqrt(2).
constexpr double kA = 0.6875;
constexpr double kB = 1.5;
constexpr double kA2 = kA * kA;
constexpr double kB2 = kB * kB;
// One over the product of a point's distances from the others.
constexpr double kOverA = 1.0 / (2.0 * kA2 * (kA2 - kB2));
constexpr double kOverB = 1.0 / (2.0 * kB2 * (kB2 - kA2));

template <typename D>
HWY_INLINE hn::Vec<D> number(D d, double value) {
  return hn::Set(d, static_cast<float>(value));
}

/// The values at a pair of points, from the sums of the even and of the odd powers.
template <typename V>
HWY_INLINE void pair(V even, V odd, V& plus, V& minus) {
  plus = hn::Add(even, odd);
  minus = hn::Sub(even, odd);
}

/// v = B' x: pixels to points.
struct InputTransform {
  static constexpr Index kIn = 6, kOut = 6;
  template <typename D, typename V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V (&x)[6], V (&v)[6]) {
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
};

/// u = G w: a kernel's taps to points.
struct KernelTransform {
  static constexpr Index kIn = 3, kOut = 6;
  template <typename D, typename V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V (&w)[3], V (&u)[6]) {
    const V even_a = hn::MulAdd(number(d, kOverA * kA2), w[2], hn::Mul(number(d, kOverA), w[0]));
    const V odd_a = hn::Mul(number(d, kOverA * kA), w[1]);
    const V even_b = hn::MulAdd(number(d, kOverB * kB2), w[2], hn::Mul(number(d, kOverB), w[0]));
    const V odd_b = hn::Mul(number(d, kOverB * kB), w[1]);
    u[0] = hn::Mul(number(d, 1.0 / (kA2 * kB2)), w[0]);
    pair(even_a, odd_a, u[1], u[2]);
    pair(even_b, odd_b, u[3], u[4]);
    u[5] = w[2];
  }
};

/// y = A' m: products at the points to outputs.
struct OutputTransform {
  static constexpr Index kIn = 6, kOut = 4;
  template <typename D, typename V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V (&m)[6], V (&y)[4]) {
    V even_a, odd_a, even_b, odd_b;
    pair(m[1], m[2], even_a, odd_a);
    pair(m[3], m[4], even_b, odd_b);
    y[0] = hn::Add(hn::Add(m[0], even_a), even_b);
    y[1] = hn::MulAdd(number(d, kA), odd_a, hn::Mul(number(d, kB), odd_b));
    y[2] = hn::MulAdd(number(d, kA2), even_a, hn::Mul(number(d, kB2), even_b));
    y[3] = hn::MulAdd(number(d, kA * kA2), odd_a, hn::MulAdd(number(d, kB * kB2), odd_b, m[5]));
  }
};

/// v = A y, the transpose of OutputTransform: an output's cotangents to points.
struct CotangentTransform {
  static constexpr Index kIn = 4, kOut = 6;
  template <typename D, typename V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V (&y)[4], V (&v)[6]) {
    const V even_a = hn::MulAdd(number(d, kA2), y[2], y[0]);
    const V odd_a = hn::MulAdd(number(d, kA * kA2), y[3], hn::Mul(number(d, kA), y[1]));
    const V even_b = hn::MulAdd(number(d, kB2), y[2], y[0]);
    const V odd_b = hn::MulAdd(number(d, kB * kB2), y[3], hn::Mul(number(d, kB), y[1]));
    v[0] = y[0];
    pair(even_a, odd_a, v[1], v[2]);
    pair(even_b, odd_b, v[3], v[4]);
    v[5] = y[3];
  }
};

/// w = G' u, the transpose of KernelTransform: sums at the points to a kernel's cotangent.
struct KernelGradientTransform {
  static constexpr Index kIn = 6, kOut = 3;
  template <typename D, typename V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V (&u)[6], V (&w)[3]) {
    V even_a, odd_a, even_b, odd_b;
    pair(u[1], u[2], even_a, odd_a);
    pair(u[3], u[4], even_b, odd_b);
    w[0] = hn::MulAdd(
        number(d, kOverA), even_a,
        hn::MulAdd(number(d, kOverB), even_b, hn::Mul(number(d, 1.0 / (kA2 * kB2)), u[0])));
    w[1] = hn::MulAdd(number(d, kOverA * kA), odd_a, hn::Mul(number(d, kOverB * kB), odd_b));
    w[2] = hn::MulAdd(number(d, kOverA * kA2), even_a,
                      hn::MulAdd(number(d, kOverB * kB2), even_b, u[5]));
  }
};

/// A transform along both axes of a square of vectors: load(i, j) gives row i and column j of what
/// it is applied to, store(i, j, v) takes those of the result, only of its first `rows` rows.
template <typename Transform, typename D, typename Load, typename Store>
HWY_INLINE void along_both_axes(D d, Load load, Store store, Index rows = Transform::kOut) {
  using V = hn::Vec<D>;
  constexpr Index kIn = Transform::kIn;
  constexpr Index kOut = Transform::kOut;
  V half[kIn][kOut];  // [column][transformed row]
  for (Index j = 0; j < kIn; ++j) {
    V column[kIn];
    for (Index i = 0; i < kIn; ++i) column[i] = load(i, j);
    Transform::apply(d, column, half[j]);
  }
  for (Index i = 0; i < kOut; ++i) {
    if (i >= rows) break;
    V row[kIn];
    V all[kOut];
    for (Index j = 0; j < kIn; ++j) row[j] = half[j][i];
    Transform::apply(d, row, all);
    for (Index j = 0; j < kOut; ++j) store(i, j, all[j]);
  }
}

/// out[p · step] = the transform of channels c … of a tile's pixels at point p.
template <typename Transform, typename D>
HWY_INLINE void transform_pixels(D d, const float* const (&pixels)[Transform::kIn * Transform::kIn],
                                 Index c, float* out, Index step) {
  along_both_axes<Transform>(
      d,
      [&](Index i, Index j) HWY_ATTR { return hn::LoadU(d, pixels[i * Transform::kIn + j] + c); },
      [&](Index i, Index j, hn::Vec<D> v)
          HWY_ATTR { hn::StoreU(v, d, out + (i * Transform::kOut + j) * step); });
}

/// visit(t, pixels) for tiles first + t, t < count, of kSide x kSide pixels; `zeros` lie around the
/// images.
template <Index kSide, typename Visit>
HWY_INLINE void visit_tiles(const TileGrid& grid, const TiledImages& images, const float* zeros,
                            Index first, Index count, Visit visit) {
  const float* pixels[2][kSide * kSide];
  images.find_pixels<kSide>(grid.place(first), zeros, pixels[0]);
  for (Index t = 0; t < count; ++t) {
    if (t + 1 < count) {
      // The rows of a tile are too short for the hardware to prefetch the next tile's by itself.
      auto& next = pixels[(t + 1) % 2];
      images.find_pixels<kSide>(grid.place(first + t + 1), zeros, next);
      for (const float* pixel : next) {
        for (Index c = 0; c < images.channels; c += 16) hwy::Prefetch(pixel + c);
      }
    }
    visit(t, pixels[t % 2]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#endif
