#include "ops/cpu/elementwise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "autograd/walk.h"
#include "ops/cpu/pieces.h"

// The loops are plain C++, compiled once for each instruction set so that the compiler vectorises
// them for the machine at hand.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/elementwise.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using internal::Walk;

struct Copy {
  template <typename T>
  static T apply(T x, T) {
    return x;
  }
};
struct Negate {
  template <typename T>
  static T apply(T x, T) {
    return -x;
  }
};
struct Scale {
  template <typename T>
  static T apply(T x, T c) {
    return c * x;
  }
};
struct AddConstant {
  template <typename T>
  static T apply(T x, T c) {
    return x + c;
  }
};
struct Power {
  template <typename T>
  static T apply(T x, T c) {
    return std::pow(x, c);
  }
};
struct Exp {
  template <typename T>
  static T apply(T x, T) {
    return std::exp(x);
  }
  /// Many at once.
  template <typename T>
  static void run(const T* x, T* y, Index length) {
    const hn::ScalableTag<T> d;
    const Index lanes = static_cast<Index>(hn::Lanes(d));
    Index i = 0;
    for (; i + lanes <= length; i += lanes) hn::StoreU(hn::Exp(d, hn::LoadU(d, x + i)), d, y + i);
    for (; i < length; ++i) y[i] = hn::GetLane(hn::Exp(d, hn::Set(d, x[i])));
  }
};
struct Expm1 {
  template <typename T>
  static T apply(T x, T) {
    return std::expm1(x);
  }
};
struct Log {
  template <typename T>
  static T apply(T x, T) {
    return std::log(x);
  }
};
struct Sqrt {
  template <typename T>
  static T apply(T x, T) {
    return std::sqrt(x);
  }
};
struct Erf {
  template <typename T>
  static T apply(T x, T) {
    return std::erf(x);
  }
};
struct Tanh {
  template <typename T>
  static T apply(T x, T) {
    return std::tanh(x);
  }
};
struct Sigmoid {
  template <typename T>
  static T apply(T x, T) {
    // e^-|x| never overflows, and neither half loses digits.
    const T decayed = std::exp(-std::abs(x));
    return (x >= T{0} ? T{1} : decayed) / (T{1} + decayed);
  }
};
struct Softplus {
  template <typename T>
  static T apply(T x, T) {
    return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
  }
};
struct Abs {
  template <typename T>
  static T apply(T x, T) {
    return std::abs(x);
  }
};
struct Sign {
  template <typename T>
  static T apply(T x, T) {
    return static_cast<T>(x > T{0}) - static_cast<T>(x < T{0});
  }
};
struct Relu {
  template <typename T>
  static T apply(T x, T) {
    return x < T{0} ? T{0} : x;  // a NaN stays a NaN
  }
};
struct Elu {
  template <typename T>
  static T apply(T x, T c) {
    return x > T{0} ? x : c * std::expm1(x);
  }
};

struct Add {
  template <typename T>
  static T apply(T a, T b, T) {
    return a + b;
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b, T) {
    return a - b;
  }
};
struct Mul {
  template <typename T>
  static T apply(T a, T b, T) {
    return a * b;
  }
};
struct Div {
  template <typename T>
  static T apply(T a, T b, T) {
    return a / b;
  }
};
struct Gate {
  template <typename T>
  static T apply(T a, T b, T c) {
    return a > T{0} ? b : c * b;
  }
};
/// With slope 0: no product, so that an infinite or NaN cotangent behind a closed gate stays out.
struct ClosedGate {
  template <typename T>
  static T apply(T a, T b, T) {
    return a > T{0} ? b : T{0};
  }
};

template <typename F, typename T>
void unary_piece(const Walk<1>& walk, const T* x, T* y, Index begin, Index end, T c) {
  walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 1>& offset) HWY_ATTR {
    const T* HWY_RESTRICT from = x + offset[0];
    T* HWY_RESTRICT to = y + at;
    const Index step = walk.inner_stride(0);
    if (step == 1) {
      if constexpr (std::is_same_v<F, Exp>) {
        Exp::run(from, to, length);
      } else {
        for (Index i = 0; i < length; ++i) to[i] = F::apply(from[i], c);
      }
    } else {
      for (Index i = 0; i < length; ++i) to[i] = F::apply(from[i * step], c);
    }
  });
}

template <typename F, typename T>
void binary_piece(const Walk<2>& walk, const T* a, const T* b, T* y, Index begin, Index end, T c) {
  walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 2>& offset) HWY_ATTR {
    const T* HWY_RESTRICT p = a + offset[0];
    const T* HWY_RESTRICT q = b + offset[1];
    T* HWY_RESTRICT to = y + at;
    const Index p_step = walk.inner_stride(0);
    const Index q_step = walk.inner_stride(1);
    if (p_step == 1 && q_step == 1) {
      for (Index i = 0; i < length; ++i) to[i] = F::apply(p[i], q[i], c);
    } else if (p_step == 1 && q_step == 0) {
      for (Index i = 0; i < length; ++i) to[i] = F::apply(p[i], q[0], c);
    } else if (p_step == 0 && q_step == 1) {
      for (Index i = 0; i < length; ++i) to[i] = F::apply(p[0], q[i], c);
    } else {
      for (Index i = 0; i < length; ++i) to[i] = F::apply(p[i * p_step], q[i * q_step], c);
    }
  });
}

template <typename T>
void unary(Unary function, const Walk<1>& walk, const T* x, T* y, Index begin, Index end, T c) {
  const auto run = [&]<typename F>(F) { unary_piece<F>(walk, x, y, begin, end, c); };
  switch (function) {
    case Unary::copy:
      return run(Copy());
    case Unary::negate:
      return run(Negate());
    case Unary::scale:
      return run(Scale());
    case Unary::add_constant:
      return run(AddConstant());
    case Unary::power:
      return run(Power());
    case Unary::exp:
      return run(Exp());
    case Unary::expm1:
      return run(Expm1());
    case Unary::log:
      return run(Log());
    case Unary::sqrt:
      return run(Sqrt());
    case Unary::erf:
      return run(Erf());
    case Unary::tanh:
      return run(Tanh());
    case Unary::sigmoid:
      return run(Sigmoid());
    case Unary::softplus:
      return run(Softplus());
    case Unary::abs:
      return run(Abs());
    case Unary::sign:
      return run(Sign());
    case Unary::relu:
      return run(Relu());
    case Unary::elu:
      return run(Elu());
  }
}

template <typename T>
void binary(Binary function, const Walk<2>& walk, const T* a, const T* b, T* y, Index begin,
            Index end, T c) {
  const auto run = [&]<typename F>(F) { binary_piece<F>(walk, a, b, y, begin, end, c); };
  switch (function) {
    case Binary::add:
      return run(Add());
    case Binary::sub:
      return run(Sub());
    case Binary::mul:
      return run(Mul());
    case Binary::div:
      return run(Div());
    case Binary::gate:
      return c == T{0} ? run(ClosedGate()) : run(Gate());
  }
}

void unary_f32(Unary f, const Walk<1>& w, const float* x, float* y, Index i, Index j, float c) {
  unary(f, w, x, y, i, j, c);
}
void unary_f64(Unary f, const Walk<1>& w, const double* x, double* y, Index i, Index j, double c) {
  unary(f, w, x, y, i, j, c);
}
void binary_f32(Binary f, const Walk<2>& w, const float* a, const float* b, float* y, Index i,
                Index j, float c) {
  binary(f, w, a, b, y, i, j, c);
}
void binary_f64(Binary f, const Walk<2>& w, const double* a, const double* b, double* y, Index i,
                Index j, double c) {
  binary(f, w, a, b, y, i, j, c);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {
using internal::Walk;

HWY_EXPORT(unary_f32);
HWY_EXPORT(unary_f64);
HWY_EXPORT(binary_f32);
HWY_EXPORT(binary_f64);

namespace {

// Fixed, so that the cut never depends on the number of threads.
constexpr Index kPiece = 1 << 14;

template <typename Task>
void in_pieces(Context& context, Index size, Task task) {
  for_pieces(context, size < kSmallMove, (size + kPiece - 1) / kPiece,
             [&](Index piece, int) { task(piece * kPiece, std::min(size, (piece + 1) * kPiece)); });
}

}  // namespace

void map(Context& context, Unary function, const Array& x, Array& y, double parameter) {
  const Walk<1> walk(y.shape(), {&x});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    if (y.dtype() == DType::f32) {
      HWY_DYNAMIC_DISPATCH(unary_f32)
      (function, walk, x.data<float>(), y.data<float>(), begin, end, static_cast<float>(parameter));
    } else {
      HWY_DYNAMIC_DISPATCH(unary_f64)
      (function, walk, x.data<double>(), y.data<double>(), begin, end, parameter);
    }
  });
}

void map(Context& context, Binary function, const Array& a, const Array& b, Array& y,
         double parameter) {
  const Walk<2> walk(y.shape(), {&a, &b});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    if (y.dtype() == DType::f32) {
      HWY_DYNAMIC_DISPATCH(binary_f32)
      (function, walk, a.data<float>(), b.data<float>(), y.data<float>(), begin, end,
       static_cast<float>(parameter));
    } else {
      HWY_DYNAMIC_DISPATCH(binary_f64)
      (function, walk, a.data<double>(), b.data<double>(), y.data<double>(), begin, end, parameter);
    }
  });
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
