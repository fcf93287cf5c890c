#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/random.h"

// Arrays as vectors: products, norms, directions, where their elements are, and samples of them.
namespace autonet::internal {

/// The elements in row-major order, in f64: x itself if it is so already.
Array plain(const Array& x);

/// <a, b>, in f64.
double inner_product(const Array& a, const Array& b);
/// The Euclidean norm.
double norm(const Array& a);

/// The function of every element, contiguous, in the same dtype.
template <typename Function>
Array mapped(const Array& x, Function function) {
  Array y = x.to(DType::f64).clone();
  for (double& number : std::span(y.data<double>(), static_cast<size_t>(y.size()))) {
    number = function(number);
  }
  return y.to(x.dtype());
}

/// x + h u, in x's dtype.
Array moved(const Array& x, const Array& u, double h);
/// c x.
Array scaled(const Array& x, double c);
/// Zeros with a 1 at the element-th place in row-major order.
Array unit_array(const ArrayType& type, Index element);
/// Pseudo-random bits that depend only on the word.
std::uint64_t mixed(std::uint64_t word);
/// Number k of a stream: nearly normal, mean 0, standard deviation 1.
double bell(std::uint64_t stream, size_t k);
/// Such numbers.
Array normal_array(const ArrayType& type, std::uint64_t seed, std::uint64_t stream);

/// A whole number from -3 to 3, but not 0.
double whole_number(Random& random);
Array whole_numbers(const ArrayType& type, Random& random);

/// r + gradient |r|/|gradient| for a random r. The second part makes the slope large, so that a
/// wrong factor shows; the first moves every element, so that elements that the gradient misses
/// show too.
Array steep_direction(const Array& r, const Array& gradient);

/// The first element, in row-major order, that is infinite or NaN.
std::optional<Index> first_not_finite(const Array& x);

/// The number in row-major order of the element at a position: the way back from position_of().
Index element_at(const std::vector<Index>& position, const Shape& shape);
/// "[1,0,3]"
std::string position_text(const std::vector<Index>& position);

/// The names that `only` selects, by the whole name or by the part before a "/". All if it is
/// empty. Throws Error if one of `only` selects nothing.
std::vector<bool> selection(std::span<const std::string> names, std::span<const std::string> only);

/// `count` different numbers below `total`, in increasing order; all of them if there are no more.
std::vector<Index> drawn(Index total, Index count, Random& random);

}  // namespace autonet::internal
