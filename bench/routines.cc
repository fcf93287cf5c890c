// The speed of the routines of ops/cpu on the layers of the shipped models, batch 100: arithmetic
// in FLOP/s (a multiply-add counts as two), the rest in bytes read and written. The last argument
// is the number of threads.
#include <benchmark/benchmark.h>

#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/elementwise.h"
#include "ops/cpu/outer_products.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/problem.h"
#include "ops/cpu/reduce.h"
#include "ops/cpu/softmax.h"
#include "ops/cpu/winograd.h"
#include "ops/cpu/winograd_weights.h"
#include "ops/functions.h"

namespace autonet {
namespace {

constexpr Index kBatch = 100;
constexpr Window kHalves{.rows = {.stride = 2}, .cols = {.stride = 2}};  // of a pooling

Array normal(const Shape& shape) {
  Random random(1);
  Array values = Array::uninitialized({shape, DType::f32});
  for (Index i = 0; i < values.size(); ++i) {
    values.data<float>()[i] = static_cast<float>(random.normal());
  }
  return values;
}

Array empty(const Shape& shape) {
  return Array::zeros({shape, DType::f32});
}

void count_flops(benchmark::State& state, Index multiply_adds) {
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * static_cast<double>(multiply_adds),
                                                benchmark::Counter::kIsIterationInvariantRate,
                                                benchmark::Counter::kIs1000);
}

void count_bytes(benchmark::State& state, const std::vector<Array>& arrays) {
  Index bytes = 0;
  for (const Array& array : arrays) bytes += static_cast<Index>(array.type().bytes());
  state.SetBytesProcessed(state.iterations() * bytes);
}

/// A layer with stride 1 whose output is as large as its input: x [N,side,side,C], w [R,R,C,K].
struct Layer {
  explicit Layer(const benchmark::State& state)
      : side(state.range(0)),
        kernel(state.range(1)),
        channels(state.range(2)),
        outputs(state.range(3)),
        x(normal({kBatch, side, side, channels})),
        w(normal({kernel, kernel, channels, outputs})),
        ybar(normal({kBatch, side, side, outputs})),
        window(padded(kernel / 2)) {}
  Index multiply_adds() const {
    return kBatch * side * side * kernel * kernel * channels * outputs;
  }

  Index side, kernel, channels, outputs;
  Array x, w, ybar;
  Window window;
};

void forward(benchmark::State& state) {
  const Layer layer(state);
  Context context(static_cast<int>(state.range(4)));
  Array y = empty(layer.ybar.shape());
  for (auto _ : state) cpu::correlate(context, layer.x, layer.w, layer.window, y);
  count_flops(state, layer.multiply_adds());
}

/// The same sums by Winograd's algorithm; FLOP/s count the products of the direct sum.
void winograd(benchmark::State& state) {
  const Layer layer(state);
  Context context(static_cast<int>(state.range(4)));
  Array y = empty(layer.ybar.shape());
  const cpu::Problem<float> problem(layer.x, layer.w, layer.window, y);
  for (auto _ : state) {
    cpu::winograd_correlate(context, problem, {});
  }
  count_flops(state, layer.multiply_adds());
}

void input_gradient(benchmark::State& state) {
  const Layer layer(state);
  Context context(static_cast<int>(state.range(4)));
  const Array w = layer.w.swap_axes(2, 3).flip(std::vector<int>{0, 1});
  Array xbar = empty(layer.x.shape());
  for (auto _ : state) cpu::correlate(context, layer.ybar, w, layer.window, xbar);
  count_flops(state, layer.multiply_adds());
}

/// wbar of a layer by sum(context, problem).
template <typename Sum>
void weight_gradient_by(benchmark::State& state, Sum sum) {
  const Layer layer(state);
  Context context(static_cast<int>(state.range(4)));
  const Array x = layer.x.permute(std::vector<int>{3, 1, 2, 0});        // [C,H,W,N]
  const Array ybar = layer.ybar.permute(std::vector<int>{1, 2, 0, 3});  // [H,W,N,K]
  Array wbar = empty({layer.channels, layer.kernel, layer.kernel, layer.outputs});
  const cpu::Problem<float> problem(x, ybar, layer.window, wbar);
  for (auto _ : state) sum(context, problem);
  count_flops(state, layer.multiply_adds());
}

/// The direct sum, even where correlate() would use Winograd's algorithm.
void weight_gradient(benchmark::State& state) {
  weight_gradient_by(state, [](Context& context, const cpu::Problem<float>& q) {
    cpu::sum_outer_products(context, q);
  });
}

/// The same sums by Winograd's algorithm; FLOP/s count the products of the direct sum.
void winograd_weights(benchmark::State& state) {
  weight_gradient_by(state, [](Context& context, const cpu::Problem<float>& q) {
    cpu::winograd_weights(context, q);
  });
}

void layers(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"side", "kernel", "C", "K", "threads"});
  for (const int threads : {1, 2}) {
    bench->Args({16, 3, 1, 16, threads});   // convnet1
    bench->Args({8, 3, 16, 32, threads});   // convnet1
    bench->Args({16, 5, 1, 16, threads});   // convnet2
    bench->Args({8, 5, 16, 32, threads});   // convnet2
    bench->Args({16, 3, 1, 32, threads});   // convnet3
    bench->Args({16, 3, 32, 32, threads});  // convnet3
    bench->Args({8, 3, 32, 64, threads});   // convnet3
    bench->Args({8, 3, 64, 64, threads});   // convnet3
    bench->Args({32, 3, 3, 64, threads});   // cifar_vgg
  }
}

void layers_of_three(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"side", "kernel", "C", "K", "threads"});
  for (const int threads : {1, 2}) {
    bench->Args({16, 3, 32, 32, threads});    // convnet3
    bench->Args({8, 3, 32, 64, threads});     // convnet3
    bench->Args({8, 3, 64, 64, threads});     // convnet3
    bench->Args({32, 3, 64, 64, threads});    // cifar_vgg
    bench->Args({16, 3, 64, 128, threads});   // cifar_vgg
    bench->Args({16, 3, 128, 128, threads});  // cifar_vgg
    bench->Args({8, 3, 128, 256, threads});   // cifar_vgg
    bench->Args({8, 3, 256, 256, threads});   // cifar_vgg
  }
}
/// Records and differentiates a chain of scalar calls, as many as the first argument; the second is
/// 1 to compute the numbers too.
void tape(benchmark::State& state) {
  for (auto _ : state) {
    Tape tape;
    const Var x = tape.variable(Array::scalar(0.5, DType::f64));
    Var y = x;
    for (Index i = 0; i < state.range(0); ++i) y = i % 2 == 0 ? y + x : y * x;
    const Var g = grad(y, x);
    if (state.range(1) == 1) benchmark::DoNotOptimize(g.item());
  }
  state.counters["calls"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                               benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(tape)->ArgsProduct({{10'000, 100'000, 1'000'000}, {0, 1}})->Unit(benchmark::kMillisecond);

BENCHMARK(forward)->Apply(layers);
BENCHMARK(winograd)->Apply(layers_of_three);
BENCHMARK(input_gradient)->Apply(layers);
BENCHMARK(weight_gradient)->Apply(layers);
BENCHMARK(weight_gradient)->Name("weight_gradient_3")->Apply(layers_of_three);
BENCHMARK(winograd_weights)->Apply(layers_of_three);

/// y [M,N] = a [M,K] b [K,N], as in a fully connected layer (`turn` 0) and its two gradients: with
/// `turn` 1 a is a transposed view, with 2 b is.
void matmul(benchmark::State& state) {
  const Index rows = state.range(0), depth = state.range(1), columns = state.range(2);
  const auto turn = state.range(3);
  Context context(static_cast<int>(state.range(4)));
  const Array a = turn == 1 ? normal({depth, rows}).swap_axes(0, 1) : normal({rows, depth});
  const Array b = turn == 2 ? normal({columns, depth}).swap_axes(0, 1) : normal({depth, columns});
  Array y = empty({rows, columns});
  for (auto _ : state) cpu::matmul(context, a, b, y);
  count_flops(state, rows * depth * columns);
}
BENCHMARK(matmul)
    ->ArgNames({"M", "K", "N", "turn", "threads"})
    ->Args({kBatch, 512, 64, 0, 1})
    ->Args({512, kBatch, 64, 1, 1})
    ->Args({kBatch, 64, 512, 2, 1})
    ->Args({kBatch, 1024, 128, 0, 1})
    ->Args({1024, kBatch, 128, 1, 1})
    ->Args({kBatch, 128, 1024, 2, 1})
    ->Args({kBatch, 64, 10, 0, 1})
    ->Args({1000, 1000, 1000, 0, 1})
    ->Args({1000, 1000, 1000, 0, 2});

void pool_select(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch, 16, 16, state.range(0)});
  Array y = empty({kBatch, 8, 8, state.range(0)});
  for (auto _ : state) cpu::pool_select(context, x, x, {2, 2}, kHalves, y);
  count_bytes(state, {x, y});
}
BENCHMARK(pool_select)->ArgName("C")->Arg(16)->Arg(32);

void pool_spread(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch, 16, 16, state.range(0)});
  const Array ybar = normal({kBatch, 8, 8, state.range(0)});
  Array xbar = empty(x.shape());
  for (auto _ : state) cpu::pool_spread(context, x, ybar, {2, 2}, kHalves, xbar);
  count_bytes(state, {x, ybar, xbar});
}
BENCHMARK(pool_spread)->ArgName("C")->Arg(16)->Arg(32);

void add_bias(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch, 16, 16, state.range(0)});
  const Array bias = normal({state.range(0)}).broadcast_to(x.shape());
  Array y = empty(x.shape());
  for (auto _ : state) cpu::map(context, internal::function("add"), x, bias, y);
  count_bytes(state, {x, y});
}
BENCHMARK(add_bias)->ArgName("C")->Arg(16)->Arg(32);

void relu(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch, 16, 16, 32});
  Array y = empty(x.shape());
  for (auto _ : state) cpu::map(context, internal::function("relu"), x, y);
  count_bytes(state, {x, y});
}
BENCHMARK(relu);

void relu_gradient(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch, 16, 16, 32});
  const Array ybar = normal(x.shape());
  Array xbar = empty(x.shape());
  for (auto _ : state) cpu::map(context, internal::function("gate"), x, ybar, xbar);
  count_bytes(state, {x, ybar, xbar});
}
BENCHMARK(relu_gradient);

void bias_gradient(benchmark::State& state) {
  Context context(1);
  const Array ybar = normal({kBatch, 16, 16, state.range(0)});
  Array bias = empty({state.range(0)});
  for (auto _ : state) cpu::reduce_sum(context, ybar, {true, true, true, false}, bias);
  count_bytes(state, {ybar});
}
BENCHMARK(bias_gradient)->ArgName("C")->Arg(16)->Arg(32);

void sum_last_axis(benchmark::State& state) {
  Context context(1);
  const Array x = normal({kBatch * 256, 32});
  Array y = empty({kBatch * 256});
  for (auto _ : state) cpu::reduce_sum(context, x, {false, true}, y);
  count_bytes(state, {x, y});
}
BENCHMARK(sum_last_axis);

}  // namespace
}  // namespace autonet
