#include "check/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <exception>

namespace autonet {
namespace {

constexpr int kRuns = 4;

/// Bits that look random and are the same for the same word (splitmix64: G. Steele et al., 2014).
std::uint64_t mixed(std::uint64_t word) {
  word += 0x9E3779B97F4A7C15ULL;
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
  return word ^ (word >> 31);
}

/// Nearly normal, mean 0, standard deviation 1: the sum of four even numbers of 16 bits.
double bell(std::uint64_t bits) {
  double sum = 0.0;
  for (int part = 0; part < 4; ++part) {
    sum += static_cast<double>(bits >> (16 * part) & 0xFFFF) / 65535.0 - 0.5;
  }
  return sum * std::sqrt(3.0);
}

}  // namespace

void disturb(const ReplayCall& call, Array& y, const Format& format, std::uint64_t seed) {
  // What depends on no point, or only through choices, is the same in any arithmetic: labels,
  // masks.
  if (std::ranges::find(call.carries, true) == call.carries.end()) return;
  std::vector<ArrayType> types;
  Index read = 0;
  for (const Array& input : call.inputs) {
    types.push_back(input.type());
    read = std::max(read, input.size());
  }
  const auto size = static_cast<double>(std::max<Index>(1, y.size()));
  const double products = call.op->multiply_adds(types, y.type()) / size;
  const double terms = std::max(products, static_cast<double>(read) / size);
  const double typical = norm(y) / std::sqrt(size);
  // The partial sums of n random terms are as large as the result, and round like sqrt(n) ones.
  const double sums = terms > 1.5 ? typical * std::sqrt(terms) / 2 : 0.0;
  const std::uint64_t key = mixed(seed ^ mixed(static_cast<std::uint64_t>(call.id)));
  double* const numbers = y.data<double>();
  for (Index k = 0; k < y.size(); ++k) {
    if (numbers[k] == 0.0) continue;
    const double unit = format.half_unit * (std::abs(numbers[k]) + sums) + format.smallest;
    numbers[k] += unit * bell(mixed(key ^ std::bit_cast<std::uint64_t>(numbers[k])));
  }
}

std::vector<double> rounding_of(Replay& replay, const Format& format, std::uint64_t seed,
                                size_t count,
                                const std::function<std::vector<double>()>& deviations) {
  const std::uint64_t choices = replay.choices();
  std::vector<double> held(count, -1.0);    // -1: not known
  std::vector<double> tipped(count, -1.0);  // … but from runs that took other pieces
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    try {
      replay.run_disturbed(
          [&](const ReplayCall& call, Array& y) { disturb(call, y, format, seed * kRuns + run); });
    } catch (const std::exception&) {
      continue;  // pushed out of an op's domain
    }
    const std::vector<double> found = deviations();
    const bool same = replay.choices() == choices;
    for (size_t k = 0; k < count; ++k) {
      if (std::isnan(found[k])) continue;  // from beyond an op's domain: no number to go by
      if (same) held[k] = std::max(held[k], found[k]);
      if (!same) tipped[k] = tipped[k] < 0 ? found[k] : std::min(tipped[k], found[k]);
    }
  }
  for (size_t k = 0; k < count; ++k) {
    if (held[k] < 0) held[k] = std::max(0.0, tipped[k]);
  }
  return held;
}

}  // namespace autonet
