#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <utility>

#include "autonet/autograd/array.h"

namespace autonet {

/// What a model should say about each of n inputs: an Array, or whole numbers in memory of the host
/// (std::vector<int>, std::span<const std::uint8_t>, …), which are copied.
///
/// The model says what the numbers mean. With "classes" they are labels [n], the numbers of the
/// classes from 0. With "outputs" they are real numbers [n,outputs], or [n] for one output.
class Targets {
 public:
  /// No targets.
  Targets() = default;
  /// An array of numbers or labels; its storage is shared.
  Targets(Array numbers) : numbers_(std::move(numbers)) {}  // NOLINT(google-explicit-constructor)
  /// A copy of whole numbers, [n].
  template <std::ranges::contiguous_range R>
  requires std::integral<std::ranges::range_value_t<R>> Targets(  // NOLINT(*-explicit-*)
      const R& numbers)
      : numbers_(
            Array::uninitialized({{static_cast<Index>(std::ranges::size(numbers))}, DType::f64})) {
    std::ranges::transform(numbers, numbers_.data<double>(),
                           [](auto number) { return static_cast<double>(number); });
  }

  /// The numbers: [n] or [n,outputs].
  const Array& numbers() const { return numbers_; }

 private:
  Array numbers_;
};

/// Examples to train on or to measure with: inputs, and the target of each.
///
///     fit(model, {.x = view(X, {n, 8}), .y = labels}, context);
///
/// The arrays may be views of memory of the host, which then must stay as it is while they are in
/// use.
struct Examples {
  Array x = {};  ///< The inputs, [n,…]: images [n,rows,columns,channels], or vectors [n,features].
  Targets y = {};  ///< The targets.

  /// The number of inputs, n; 0 without any.
  Index count() const { return x.has_data() && x.rank() > 0 ? x.shape()[0] : 0; }
};

namespace internal {

/// A copy of the rows (entries along axis 0) with these numbers, in their order.
Array rows_of(const Array& from, std::span<const Index> numbers);

/// The same examples with their numbers in one piece, as views where they already are.
Examples contiguous(const Examples& examples);

/// Examples divided in two; both parts keep the order of the whole.
struct Division {
  Examples kept;
  Examples held;
};
/// Holds out `count` examples at random, chosen by `seed` alone. Needs 0 <= count <= the number of
/// examples.
Division hold_out(const Examples& all, Index count, std::uint64_t seed);

}  // namespace internal

}  // namespace autonet
