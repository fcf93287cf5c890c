#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

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

namespace internal {
class MappedFile;
}

/// Examples to train on or to measure with: inputs, and the target of each.
///
///     fit(model, {.x = view(X, {n, 8}), .y = labels}, context);
///
/// The arrays may be views of memory of the host, which then must stay as it is while they are in
/// use.
struct Examples {
  Array x = {};  ///< The inputs, [n,…]: images [n,rows,columns,channels], or vectors [n,features].
  Targets y = {};  ///< The targets.
  /// The rows of x and y that are meant, in this order, each of them an entry along axis 0; null:
  /// all. Examples in a file that may be larger than memory are divided by such lists.
  std::shared_ptr<const std::vector<Index>> rows = {};
  /// The file in which x stays; null if x is in memory. Inputs in a file are checked for numbers
  /// that are not finite when they are used, not at the start.
  std::shared_ptr<const internal::MappedFile> file = {};

  /// The number of examples, n; 0 without any.
  Index count() const {
    if (rows != nullptr) return static_cast<Index>(rows->size());
    return x.has_data() && x.rank() > 0 ? x.shape()[0] : 0;
  }
  /// The row of x and y that example i is.
  Index row(Index i) const { return rows == nullptr ? i : (*rows)[static_cast<size_t>(i)]; }
};

namespace internal {

/// A copy of the rows (entries along axis 0) with these numbers, in their order.
Array rows_of(const Array& from, std::span<const Index> numbers);

/// The same examples with their numbers in one piece, as views where they already are.
Examples contiguous(const Examples& examples);

/// The first of the examples, in memory of their own or as views of it. Needs 0 <= count <= the
/// number of examples.
Examples first_examples(const Examples& all, Index count);

/// Examples divided in two; both parts keep the order of the whole.
struct Division {
  Examples kept;
  Examples held;
};
/// Holds out `count` examples at random, chosen by `seed` alone. The parts are copies, or for
/// inputs in a file lists of rows. Needs 0 <= count <= the number of examples. With `stratified`,
/// the targets are labels, and of the n examples of a class count · n / all are held out, rounded
/// down or up: up for the classes with the largest remainders.
Division hold_out(const Examples& all, Index count, std::uint64_t seed, bool stratified = false);

}  // namespace internal

}  // namespace autonet
