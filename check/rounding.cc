#include "check/rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "check/attempt.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// x with each number changed by about `unit` of itself.
Array changed(const Array& x, double unit, std::uint64_t stream) {
  size_t k = 0;
  return mapped(x, [&](double number) { return number + unit * number * bell(stream, k++); });
}

/// Which numbers of y equal an input's at the same place. A copy, a product with 1, or a sum of one
/// term does not round.
std::vector<bool> copies_of(std::span<const Array> inputs, const Array& y) {
  std::vector<bool> copied(static_cast<size_t>(y.size()), false);
  const double* const numbers = y.data<double>();
  for (const Array& input : inputs) {
    if (input.size() != y.size()) continue;
    const Array x = plain(input);
    const double* const read = x.data<double>();
    for (size_t k = 0; k < copied.size(); ++k) copied[k] = copied[k] || read[k] == numbers[k];
  }
  return copied;
}

/// The call on `inputs`, with the choices that it makes at the inputs of `right`. An op with
/// choices is replaced by its linearisation there, which is exact enough for changes as small as
/// rounding.
void forward_on_piece(Context& context, const ReplayCall& right, std::span<const Array> inputs,
                      Array& y) {
  if (right.choices == 0) return right.op->forward(context, inputs, y);
  Array total = right.output;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int input = static_cast<int>(i);
    if (!right.op->differentiable(input)) continue;
    const std::optional<Array> part = right.op->complex_step(
        context, right.inputs, input, moved(inputs[i], right.inputs[i], -1.0));
    // Without a complex step (in a host's op, for example) it makes its choices anew.
    if (!part) return right.op->forward(context, inputs, y);
    total = moved(total, *part, 1.0);
  }
  y.copy_from(total);
}

}  // namespace

double terms_of(const ReplayCall& call) {
  Index read = 0;
  for (const Array& input : call.inputs) read = std::max(read, input.size());
  const auto size = static_cast<double>(std::max<Index>(1, call.output.size()));
  return std::max(call.multiply_adds(), static_cast<double>(read)) / size;
}

// Partial sums round by the size of their terms, even if the terms cancel in the end.
void forward_disturbed(Context& context, const ReplayCall& right, const ReplayCall& call, Array& y,
                       const Format& format, std::uint64_t seed) {
  const std::uint64_t stream = mixed(seed ^ mixed(static_cast<std::uint64_t>(call.id)));
  const double terms = call.matters ? terms_of(call) : 0.0;
  // n terms t of random signs have partial sums up to sqrt(n) t, whose roundings add up to about
  // n t / 2, as if each term were off by sqrt(n) / 2 units. Terms of one sign have partial sums up
  // to n t, and the sum is off by up to sqrt(n) units.
  const double of_terms = format.half_unit * std::max(1.0, std::sqrt(terms) / 2);
  const double of_sum = std::max(1.0, std::sqrt(terms));
  std::vector<Array> inputs = call.inputs;
  bool linear = false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int input = static_cast<int>(i);
    if (!call.op->differentiable(input)) {
      inputs[i] = right.inputs[i];  // a label or a choice
    } else if (terms > 1.5) {
      // What is not a plain sum rounds on its way, as if its inputs were rounded.
      const bool sums = call.op->linear_in(input);
      inputs[i] = changed(inputs[i], sums ? of_terms : format.half_unit, mixed(stream + i + 1));
      linear = linear || sums;
    }
  }
  forward_on_piece(context, right, inputs, y);
  if (!call.matters) return;
  // For ops that are not plain sums: as if all their sums were as large as a typical result.
  const double typical = norm(y) / std::sqrt(static_cast<double>(std::max<Index>(1, y.size())));
  const double sums = terms > 1.5 && !linear ? typical * std::sqrt(terms) / 2 : 0.0;
  const std::vector<bool> copied = copies_of(inputs, y);
  double* const numbers = y.data<double>();
  for (size_t k = 0; k < copied.size(); ++k) {
    if (numbers[k] == 0.0 || copied[k]) continue;
    const double unit =
        format.half_unit * (of_sum * std::abs(numbers[k]) + sums) + of_sum * format.smallest;
    numbers[k] += unit * bell(stream, k);
  }
}

Rounding::Rounding(Context& context, std::span<const Var> points, std::span<const Var> outputs,
                   std::span<const Array> at, const Replay::Values& known)
    : right_(context, points, outputs, known), disturbed_(context, points, outputs, known) {
  for (size_t i = 0; i < at.size(); ++i) move(i, at[i]);
}

void Rounding::move(size_t i, const Array& to) {
  right_.point(i).copy_from(to);
  disturbed_.point(i).copy_from(to);
}

void Rounding::run() {
  right_.run();
}

std::vector<double> Rounding::largest(const Format& format, std::uint64_t seed, size_t count,
                                      const std::function<std::vector<double>()>& deviations,
                                      int runs) {
  std::vector<double> most(count, 0.0);
  bool any = false;
  for (int run = 0; run < runs; ++run) {
    const std::uint64_t stream = seed * kRoundingRuns + static_cast<std::uint64_t>(run);
    const auto disturb = [&](Context& context, size_t k, Array& y) {
      forward_disturbed(context, right_.calls()[k], disturbed_.calls()[k], y, format, stream);
    };
    if (error_of([&] { disturbed_.run_by(disturb); })) continue;
    const std::vector<double> found = deviations();
    for (size_t k = 0; k < count; ++k) {
      if (std::isnan(found[k])) continue;
      most[k] = std::max(most[k], found[k]);
      any = true;
    }
  }
  if (!any) std::ranges::fill(most, std::numeric_limits<double>::infinity());
  return most;
}

}  // namespace autonet::internal
