#pragma once

#include <cstdint>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace autonet::internal {

/// While it exists, the thread that made it takes numbers nearer to zero than the smallest normal
/// one (about 1e-38 in f32, 2e-308 in f64: denormals) for zero, when it reads and when it computes
/// them. Many processors compute up to a hundred times slower with denormals, and momentum, moving
/// averages and decaying weights produce them. Afterwards the thread computes as it did before.
///
/// All threads that compute values for autonet do so, as results must not depend on the thread.
class FlushDenormals {
 public:
  FlushDenormals() : before_(mode()) {
    if (!set_in(before_)) set_mode(before_ | kFlush);
  }
  ~FlushDenormals() {
    if (!set_in(before_)) set_mode(before_);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// False on processors for which this is not written.
  static constexpr bool supported() { return kFlush != 0; }

 private:
#if defined(__SSE2__)
  using Mode = unsigned;
  static constexpr Mode kFlush = 0x8040;  // flush to zero, and denormals are zero
  static Mode mode() {
    return _mm_getcsr();
  }
  static void set_mode(Mode mode) {
    _mm_setcsr(mode);
  }
#elif defined(__aarch64__)
  using Mode = std::uint64_t;
  static constexpr Mode kFlush = Mode{1} << 24U;
  static Mode mode() {
    Mode mode = 0;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) {
    asm volatile("msr fpcr, %0" : : "r"(mode));
  }
#else
  using Mode = unsigned;
  static constexpr Mode kFlush = 0;
  static Mode mode() {
    return 0;
  }
  static void set_mode(Mode) {}
#endif
  static bool set_in(Mode mode) {
    return (mode & kFlush) == kFlush;
  }

  Mode before_;
};

}  // namespace autonet::internal
