// How long it takes to plan a program, by the number of recorded calls.
//
//     build/routine_bench --benchmark_filter=plan/
#include <benchmark/benchmark.h>

#include <vector>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"

namespace autonet {
namespace {

Var chain(Var x, Index calls) {
  Var y = x;
  for (Index i = 0; i < calls; ++i) y = i % 2 == 0 ? y + x : y * x;
  return y;
}

Var wide(Var x, Index calls) {
  std::vector<Var> terms;
  for (Index i = 0; i < calls; i += 2) terms.push_back(exp(x * x));
  return accumulate(terms);
}

/// Each call reads a view of the call before it.
Var views(Var x, Index calls) {
  Var y = x;
  for (Index i = 0; i < calls; i += 2) y = exp(swap_axes(y, 0, 1));
  return y;
}

/// Plans the recording together with its gradient so that there are about state.range(0) calls.
void plan(benchmark::State& state, Var (*record)(Var, Index), bool with_gradient, Shape shape) {
  Context context;
  Tape tape;
  const Var x = tape.variable(Array::full({shape, DType::f32}, 0.5));
  const Var y = sum(record(x, state.range(0) / (with_gradient ? 3 : 1)));
  std::vector<Var> outputs{y};
  if (with_gradient) outputs.push_back(grad(y, x));
  for (auto _ : state) {
    const Program program(context, {}, outputs);
    benchmark::DoNotOptimize(program.arena_bytes());
    state.counters["steps"] = static_cast<double>(program.steps().size());
  }
  state.counters["calls"] = static_cast<double>(tape.size());
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int calls : {4'000, 8'000, 16'000, 32'000, 100'000, 1'000'000}) benchmark->Arg(calls);
  benchmark->Unit(benchmark::kMillisecond)->ArgName("calls");
}
BENCHMARK_CAPTURE(plan, chain, chain, false, Shape{})->Apply(sizes);
BENCHMARK_CAPTURE(plan, chain_gradient, chain, true, Shape{})->Apply(sizes);
BENCHMARK_CAPTURE(plan, wide_gradient, wide, true, Shape{})->Apply(sizes);
BENCHMARK_CAPTURE(plan, views_gradient, views, true, Shape{4, 4})->Apply(sizes);

}  // namespace
}  // namespace autonet
