#include "check/vectors.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/suggest.h"

namespace autonet::internal {

/// Pseudo-random bits that depend only on the word (splitmix64: G. Steele et al., 2014).
std::uint64_t mixed(std::uint64_t word) {
  word += 0x9E3779B97F4A7C15ULL;
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
  return word ^ (word >> 31);
}

/// Number k of a stream, nearly normal, mean 0, standard deviation 1: the sum of four uniform
/// numbers of 16 bits.
double bell(std::uint64_t stream, size_t k) {
  const std::uint64_t bits = mixed(stream + k);
  double sum = 0.0;
  for (int part = 0; part < 4; ++part) {
    sum += static_cast<double>(bits >> (16 * part) & 0xFFFF) / 65535.0 - 0.5;
  }
  return sum * std::sqrt(3.0);
}

Array plain(const Array& x) {
  return x.to(DType::f64).contiguous();
}

double inner_product(const Array& a, const Array& b) {
  const Array p = plain(a);
  const Array q = plain(b);
  const double* const left = p.data<double>();
  const double* const right = q.data<double>();
  const Index size = p.size();
  double sum = 0.0;
  for (Index i = 0; i < size; ++i) sum += left[i] * right[i];
  return sum;
}

double norm(const Array& a) {
  return std::sqrt(inner_product(a, a));
}

Array moved(const Array& x, const Array& u, double h) {
  const Array along = plain(u);
  const double* next = along.data<double>();
  return mapped(x, [&](double number) { return number + h * *next++; });
}

Array scaled(const Array& x, double c) {
  return mapped(x, [c](double number) { return c * number; });
}

Array unit_array(const ArrayType& type, Index element) {
  Array unit = Array::zeros(type);
  unit.set(position_of(element, type.shape), 1.0);
  return unit;
}

Array normal_array(const ArrayType& type, std::uint64_t seed, std::uint64_t stream) {
  const std::uint64_t bits = mixed(seed ^ mixed(stream));
  size_t k = 0;
  return mapped(Array::zeros(type), [&](double) { return bell(bits, k++); });
}

double whole_number(Random& random) {
  const auto size = static_cast<double>(random.below(3) + 1);
  return random.below(2) == 0 ? size : -size;
}

Array whole_numbers(const ArrayType& type, Random& random) {
  return mapped(Array::zeros(type), [&](double) { return whole_number(random); });
}

Array steep_direction(const Array& r, const Array& gradient) {
  const double steepness = norm(r) / norm(gradient);
  if (!std::isfinite(steepness)) return r;
  // With the sign that makes both parts point the same way, so that they do not cancel.
  return moved(r, gradient, inner_product(r, gradient) < 0 ? -steepness : steepness);
}

std::optional<Index> first_not_finite(const Array& x) {
  const Array numbers = plain(x);
  const double* const begin = numbers.data<double>();
  const double* const end = begin + numbers.size();
  const double* const bad = std::find_if_not(begin, end, [](double v) { return std::isfinite(v); });
  return bad == end ? std::nullopt : std::optional<Index>(bad - begin);
}

Index element_at(const std::vector<Index>& position, const Shape& shape) {
  Index element = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    element = element * shape[axis] + position[static_cast<size_t>(axis)];
  }
  return element;
}

std::string position_text(const std::vector<Index>& position) {
  return Shape(position).str();  // written as a shape is
}

std::vector<bool> selection(std::span<const std::string> names, std::span<const std::string> only) {
  std::vector<bool> chosen(names.size(), only.empty());
  for (const std::string& wanted : only) {
    bool any = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] != wanted && !names[i].starts_with(wanted + "/")) continue;
      chosen[i] = true;
      any = true;
    }
    if (any) continue;
    throw Error(text::concat("check_grad: no tensor or layer is called \"", wanted, "\"",
                             text::did_you_mean(wanted, names)));
  }
  return chosen;
}

std::vector<Index> drawn(Index total, Index count, Random& random) {
  if (count >= total) {
    std::vector<Index> all(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  std::set<Index> some;
  while (static_cast<Index>(some.size()) < count) {
    some.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(total))));
  }
  return {some.begin(), some.end()};
}

}  // namespace autonet::internal
