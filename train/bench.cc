#include "train/bench.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "autonet/train/weights.h"
#include "ops/cpu/peak.h"
#include "train/predict_program.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The best of a few short runs on all threads, so that other programs disturb it least.
double peak_flops(Context& context, DType dtype) {
  constexpr Index kRounds = 200'000;
  double best = 0.0;
  for (int trial = 0; trial < 8; ++trial) {
    std::vector<double> done(static_cast<size_t>(context.threads()));
    const auto begin = Clock::now();
    context.parallel_for(context.threads(), [&](Index piece, int) {
      done[static_cast<size_t>(piece)] = cpu::multiply_add_at_peak(dtype, kRounds);
    });
    best =
        std::max(best, 2.0 * std::accumulate(done.begin(), done.end(), 0.0) / seconds_since(begin));
  }
  return best;
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// Runs a step again and again, and fills in the times and the bytes that were allocated. Returns
/// the number of measured steps.
size_t measure(const BenchOptions& options, FunctionRef<> step, BenchResult& result) {
  for (int i = 0; i < 2; ++i) step();  // allocates scratch memory, fills caches
  std::vector<double> times;
  times.reserve(100'000);
  const auto allocated = [&] {
    return options.allocated_bytes == nullptr ? 0 : options.allocated_bytes();
  };
  const std::uint64_t before = allocated();
  const auto begin = Clock::now();
  for (bool done = false; !done;) {
    const auto start = Clock::now();
    step();
    done = times.size() >= 2 && (seconds_since(begin) >= options.seconds || times.size() >= 99'999);
    if (options.collective != nullptr) done = options.collective->any(done);
    times.push_back(seconds_since(start));
  }
  if (options.allocated_bytes != nullptr) result.allocated = allocated() - before;
  std::ranges::sort(times);
  result.steps = std::ssize(times);
  result.step_seconds = percentile(times, 0.5);
  result.step_low = percentile(times, 0.1);
  result.step_high = percentile(times, 0.9);
  result.images_per_second = static_cast<double>(result.batch) / result.step_seconds;
  return times.size();
}

/// Measures the parts of a program in separate runs, because reading the clock takes time too.
/// Returns the median seconds of `after`, which is called after each run.
double measure_parts(Program& program, size_t steps, FunctionRef<> after, BenchResult& result) {
  const std::span<const Step> parts = std::as_const(program).steps();
  const auto rounds = std::clamp<size_t>(steps / 4, 1, 1000);
  std::vector<std::vector<double>> times(parts.size() + 1);
  std::vector<double> seconds(parts.size());
  for (size_t i = 0; i < rounds; ++i) {
    std::ranges::fill(seconds, 0.0);
    program.run_timed(seconds);
    for (size_t k = 0; k < parts.size(); ++k) times[k].push_back(seconds[k]);
    const auto start = Clock::now();
    after();
    times.back().push_back(seconds_since(start));
  }
  const auto median = [](std::vector<double>& values) {
    std::ranges::sort(values);
    return percentile(values, 0.5);
  };
  for (size_t k = 0; k < parts.size(); ++k) {
    result.parts.push_back({parts[k].label, parts[k].calls.front().label, median(times[k]),
                            parts[k].multiply_adds, parts[k].bytes()});
  }
  return median(times.back());
}

/// Fills in the arithmetic of a measured program.
void add_arithmetic(const Program& program, Context& context, DType dtype, BenchResult& result) {
  result.instruction_set = cpu::instruction_set();
  result.multiply_adds = program.multiply_adds();
  result.flops = 2.0 * result.multiply_adds / result.step_seconds;
  result.peak_flops = peak_flops(context, dtype);
}

}  // namespace

BenchResult bench(const Model& model, Context& context, const BenchOptions& options) {
  const TrainingSettings& settings = model.training();
  BenchResult result;
  result.batch = options.batch.value_or(settings.batch_size);
  const Examples examples = random_examples(model, result.batch, 1);
  std::vector<Index> order(static_cast<size_t>(result.batch));
  std::iota(order.begin(), order.end(), Index{0});

  Weights weights = model.initial_weights(settings.precision, settings.seed);
  Optimizer optimizer = optimizer_for(model, weights);
  ModelProgram program(model, context, result.batch, Model::Mode::training, weights, settings.seed,
                       nullptr, {}, options.collective);
  Index step = 0;
  const auto update = [&] {
    size_t bad = 0;
    // The rate is so small that the weights hardly change, however long the measurement.
    optimizer.update(context, weights.parameters, program.gradients(), 1e-6, ++step, bad);
  };
  const auto whole_step = [&] {
    program.run(examples, order, step);
    update();
  };
  const size_t steps = measure(options, whole_step, result);
  const double update_seconds = measure_parts(program.program(), steps, update, result);
  double parameter_bytes = 0.0;
  for (const Array& w : weights.parameters)
    parameter_bytes += static_cast<double>(w.type().bytes());
  result.parts.push_back(
      {"update", "", update_seconds, 0.0, parameter_bytes * (3.0 + 2.0 * optimizer.slots())});
  add_arithmetic(program.program(), context, settings.precision, result);
  return result;
}

BenchResult bench_prediction(const Model& model, Context& context, const BenchOptions& options) {
  const DType dtype = model.training().precision;
  BenchResult result;
  result.batch = options.batch.value_or(model.training().batch_size);
  const Array images =
      random_examples(model, result.batch, 1).x.to(dtype).reshape(model.batch_shape(result.batch));
  const Weights weights = model.initial_weights(dtype, model.training().seed);
  Program program = plan_predictions(model, weights, result.batch, {}, context);
  const auto predict = [&] {
    program.input(0).copy_from(images);
    program.run();
  };
  const size_t steps = measure(options, predict, result);
  measure_parts(
      program, steps, [] {}, result);
  add_arithmetic(program, context, dtype, result);
  return result;
}

}  // namespace autonet::internal
