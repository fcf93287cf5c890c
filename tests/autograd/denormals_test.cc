// Numbers too small to be normal ones count as zero, on all threads, and the caller's mode comes
// back.
#include <doctest/doctest.h>

#include <atomic>

#include "autograd/flush_denormals.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/reduce.h"

namespace autonet::internal {
namespace {

/// True if this thread computes with denormals.
bool keeps_denormals() {
  volatile float small = 1e-38F;
  volatile float factor = 0.01F;
  volatile float product = small * factor;
  volatile float back = product * 100.0F;
  return back > 0.0F;
}

Array filled(const Shape& shape, double value, DType dtype) {
  Array array = Array::zeros({shape, dtype});
  array.fill(value);
  return array;
}

Array normal(const Shape& shape, DType dtype) {
  Random random(5);
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(dtype);
}

bool all_zero(const Array& array) {
  const Array x = array.to(DType::f64).contiguous();
  for (Index i = 0; i < x.size(); ++i) {
    if (x.data<double>()[i] != 0.0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("numbers too small to be normal ones are zero while the guard exists, and not after it") {
  if (!FlushDenormals::supported()) {
    MESSAGE("SKIPPED: flushing denormals, as it is not written for this processor");
    return;
  }
  REQUIRE(keeps_denormals());
  {
    const FlushDenormals flush;
    CHECK_FALSE(keeps_denormals());
    {
      const FlushDenormals again;
      CHECK_FALSE(keeps_denormals());
    }
    CHECK_FALSE(keeps_denormals());
  }
  CHECK(keeps_denormals());
  try {
    const FlushDenormals flush;
    throw Error("an exception");
  } catch (const Error&) {
    CHECK(keeps_denormals());
  }
}

TEST_CASE("weights of 1e-40 count as zero: eager, replayed and leaf by leaf, on any thread") {
  if (!FlushDenormals::supported()) return;
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double tiny = dtype == DType::f32 ? 1e-40 : 1e-310;
    for (const int threads : {1, 2, 5}) {
      CAPTURE(threads);
      Context context(threads);
      Tape tape(context);
      constexpr Index kBatch = 1000;
      const Var w = tape.variable(filled({30, 300}, tiny, dtype), "w");
      const Var input = tape.constant(normal({kBatch, 30}, dtype));
      CHECK(all_zero(matmul(input, w).value()));
      CHECK(all_zero((w * 0.5).value()));
      CHECK(all_zero(sum(w, {0}).value()));
      CHECK(keeps_denormals());

      const Var x = tape.placeholder({{kBatch, 30}, dtype}, "x");
      const Var y = tanh(matmul(x, w)) * 3.0;
      const Var loss = sum(y * y);
      const std::vector<Var> outputs{y, loss, grad(loss, w)};
      for (const bool by_leaves : {false, true}) {
        ProgramOptions options;
        if (by_leaves) options.batch = {&x, 1};
        Program program(context, {&x, 1}, outputs, options);
        program.input(0).copy_from(normal({kBatch, 30}, dtype));
        program.run();
        for (size_t i = 0; i < outputs.size(); ++i) CHECK(all_zero(program.output(i)));
        CHECK(keeps_denormals());
      }
    }
  }
}

TEST_CASE("the threads of a context do not keep denormals, and an exception restores the caller") {
  if (!FlushDenormals::supported()) return;
  Context context(3);
  std::atomic<int> keep{0};
  context.parallel_for(64, [&](Index, int) { keep += keeps_denormals(); });
  CHECK(keep == 0);
  CHECK(keeps_denormals());
  CHECK_THROWS_AS(context.parallel_for(64, [](Index, int) { throw Error("an exception"); }), Error);
  CHECK(keeps_denormals());
}

}  // namespace autonet::internal
