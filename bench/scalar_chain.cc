// How long a call of an op takes where the arrays are single numbers: a chain of Rosenbrock's
// terms, sum of (1 - x_i)^2 + 100 (x_{i+1} - x_i^2)^2, and its gradient.
//
//     build/scalar_chain [TERMS] [SECONDS]
//
// "anew" records, computes and differentiates the function each time; "replayed" plans it once and
// runs it; "by hand" is the same in C++ doubles. The median of nine runs, in nanoseconds for each
// call of an op in the function (the calls of its gradient are not counted, but timed).
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "cli/allocation_count.h"

namespace autonet {
namespace {

Var rosenbrock(const std::vector<Var>& x) {
  Var total;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const Var term = square(1.0 - x[i]) + 100.0 * square(x[i + 1] - square(x[i]));
    total = total.valid() ? total + term : term;
  }
  return total;
}

double by_hand(const std::vector<double>& x, std::vector<double>& gradient) {
  double total = 0;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = 1 - x[i];
    const double b = x[i + 1] - x[i] * x[i];
    total += a * a + 100 * b * b;
    gradient[i] += -2 * a - 400 * b * x[i];
    gradient[i + 1] += 200 * b;
  }
  return total;
}

/// Seconds of one run: the median over nine samples, which take about `seconds` together.
template <typename Run>
double seconds_of(double seconds, Run run) {
  using Clock = std::chrono::steady_clock;
  const auto sample = [&](long runs) {
    const auto before = Clock::now();
    for (long i = 0; i < runs; ++i) run();
    return std::chrono::duration<double>(Clock::now() - before).count() / static_cast<double>(runs);
  };
  sample(3);
  const long runs = std::max(1L, static_cast<long>(seconds / 9 / sample(3)));
  std::array<double, 9> times;
  for (double& time : times) time = sample(runs);
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

void measure(std::size_t terms, double seconds) {
  std::vector<double> point(terms + 1);
  for (std::size_t i = 0; i < point.size(); ++i) point[i] = 0.5 + 0.01 * static_cast<double>(i % 7);

  std::vector<double> expected(point.size());
  double total = 0;
  const double hand = seconds_of(seconds, [&] { total += by_hand(point, expected); });

  Context context;
  Index calls = 0;
  Index recorded = 0;
  std::vector<double> gradient(point.size());
  const auto anew = [&] {
    Tape tape(context);
    std::vector<Var> x;
    for (const double number : point) x.push_back(tape.variable(Array::scalar(number, DType::f64)));
    const Var f = rosenbrock(x);
    calls = tape.size() - static_cast<Index>(x.size());
    const std::vector<Var> g = grad(f, x);
    total += f.item();
    for (std::size_t i = 0; i < g.size(); ++i) gradient[i] = g[i].item();
    recorded = tape.size();
  };
  const double eager = seconds_of(seconds, anew);
  const std::uint64_t before = cli::allocation_count();
  anew();
  const std::uint64_t allocated = cli::allocation_count() - before;

  Tape tape(context);
  std::vector<Var> x;
  for (const double number : point) x.push_back(tape.variable(Array::scalar(number, DType::f64)));
  std::vector<Var> outputs{rosenbrock(x)};
  for (const Var& bar : grad(outputs[0], x)) outputs.push_back(bar);
  Program program(context, {}, outputs);
  const double replayed = seconds_of(seconds, [&] { program.run(); });
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (std::abs(gradient[i] - expected[i]) > 1e-9 ||
        std::abs(program.output(i + 1).item() - expected[i]) > 1e-9) {
      std::printf("gradient %zu is wrong\n", i);
      std::exit(1);
    }
  }

  const auto each = [&](double time) { return time * 1e9 / static_cast<double>(calls); };
  std::printf("%zu terms: %ld calls, %ld with the gradient, %zu steps; sum %g\n", terms,
              static_cast<long>(calls), static_cast<long>(recorded), program.steps().size(), total);
  std::printf("  anew     %8.1f ns a call, %.2f allocations a call\n", each(eager),
              static_cast<double>(allocated) / static_cast<double>(calls));
  std::printf("  replayed %8.1f ns a call\n", each(replayed));
  std::printf("  by hand  %8.1f ns a call\n", each(hand));
}

}  // namespace
}  // namespace autonet

int main(int count, char** words) {
  const long terms = count > 1 ? std::strtol(words[1], nullptr, 10) : 20;
  const double seconds = count > 2 ? std::strtod(words[2], nullptr) : 1.0;
  if (terms < 1 || seconds <= 0) return std::printf("usage: scalar_chain [TERMS] [SECONDS]\n"), 2;
  autonet::measure(static_cast<std::size_t>(terms), seconds);
}
