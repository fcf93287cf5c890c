#pragma once

#include <concepts>
#include <cstdint>
#include <iterator>
#include <memory>
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
  template <typename R>
  requires std::integral<typename decltype(std::span(std::declval<const R&>()))::value_type>
  Targets(const R& numbers)  // NOLINT(*-explicit-*)
      : numbers_(Array::uninitialized({{static_cast<Index>(std::size(numbers))}, DType::f64})) {
    double* to = numbers_.data<double>();
    for (const auto number : std::span(numbers)) *to++ = static_cast<double>(number);
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
  /// The inputs, row by row, where the file holds them as whole numbers from 0 to 255: x then has a
  /// type but no numbers, and each batch is converted when it is used. Else null.
  const std::uint8_t* bytes = nullptr;

  /// The bytes of one number of the inputs, where they are.
  Index number_bytes() const { return bytes != nullptr ? 1 : x.dtype() == DType::f32 ? 4 : 8; }

  /// The number of examples, n; 0 without any.
  Index count() const {
    if (rows != nullptr) return static_cast<Index>(rows->size());
    return x.rank() > 0 ? x.shape()[0] : 0;
  }
  /// The row of x and y that example i is.
  Index row(Index i) const { return rows == nullptr ? i : (*rows)[static_cast<size_t>(i)]; }
};

namespace internal {

/// A copy of the rows (entries along axis 0) with these numbers, in their order.
Array rows_of(const Array& from, std::span<const Index> numbers);

/// The same examples with their numbers in one piece, as views where they already are.
Examples contiguous(const Examples& examples);

/// `count` examples from number `first` on: views where they lie together, else in memory of their
/// own. Throws Error if there are not so many.
Examples piece_of(const Examples& all, Index first, Index count);

/// The same examples in a file, but only the first `count` rows of it. Needs 0 <= count <= the
/// number of examples, and no list of rows.
Examples first_rows(const Examples& all, Index count);

/// The targets of the examples in their order: one number each, or `outputs` numbers.
std::vector<double> targets_of(const Examples& examples);

/// A step of reading examples that may be larger than memory piece by piece: all of them if they
/// are in memory, else so many that a piece is small.
Index piece_length(const Examples& all);

/// Examples divided in two; both parts keep the order of the whole.
struct Division {
  Examples kept;
  Examples held;
};
/// Holds out `count` examples at random, chosen by `seed` alone. The parts are copies, or for
/// inputs in a file lists of rows; with a count of 0, the examples are kept as they are. Needs 0 <=
/// count <= the number of examples. With `stratified`, the targets are labels, and of the n
/// examples of a class count · n / all are held out, rounded down or up: up for the classes with
/// the largest remainders.
Division hold_out(const Examples& all, Index count, std::uint64_t seed, bool stratified = false);

}  // namespace internal

}  // namespace autonet
