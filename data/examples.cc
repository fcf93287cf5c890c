#include "autonet/data/examples.h"

#include <algorithm>
#include <functional>
#include <map>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/mapped_file.h"

namespace autonet::internal {

namespace {

/// The shape with another length of its first axis.
Shape with_rows(const Shape& shape, Index rows) {
  std::vector<Index> lengths(shape.lengths().begin(), shape.lengths().end());
  lengths[0] = rows;
  return Shape(lengths);
}

}  // namespace

Array rows_of(const Array& from, std::span<const Index> numbers) {
  Array rows = Array::uninitialized({with_rows(from.shape(), std::ssize(numbers)), from.dtype()});
  for (size_t i = 0; i < numbers.size(); ++i) {
    rows.slice(0, static_cast<Index>(i), 1).copy_from(from.slice(0, numbers[i], 1));
  }
  return rows;
}

Examples contiguous(const Examples& examples) {
  Examples result = examples;
  if (examples.bytes == nullptr) result.x = examples.x.contiguous();
  result.y = examples.y.numbers().contiguous();
  return result;
}

Examples piece_of(const Examples& all, Index first, Index count) {
  if (first < 0 || count < 0 || first + count > all.count()) {
    throw Error(text::concat("examples: ", count, " from number ", first, " on are not within the ",
                             all.count()));
  }
  if (all.rows == nullptr && all.file == nullptr)
    return {.x = all.x.slice(0, first, count), .y = all.y.numbers().slice(0, first, count)};
  std::vector<Index> rows(static_cast<size_t>(count));
  for (Index i = 0; i < count; ++i) rows[static_cast<size_t>(i)] = all.row(first + i);
  Examples piece{.x = {}, .y = rows_of(all.y.numbers(), rows)};
  const Index size = all.x.size() / std::max<Index>(1, all.x.shape()[0]);
  if (all.bytes == nullptr) {
    piece.x = rows_of(all.x, rows);
  } else {
    piece.x = Array::uninitialized({with_rows(all.x.shape(), count), DType::f32});
    float* to = piece.x.data<float>();
    for (const Index row : rows) to = std::copy_n(all.bytes + row * size, size, to);
  }
  if (all.file != nullptr) all.file->have_read(count, size * all.number_bytes());
  return piece;
}

Examples first_rows(const Examples& all, Index count) {
  Examples first = all;
  first.x = all.bytes == nullptr
                ? all.x.slice(0, 0, count)
                : Array::wrap(nullptr, {with_rows(all.x.shape(), count), all.x.dtype()}, nullptr);
  first.y = all.y.numbers().slice(0, 0, count);
  return first;
}

std::vector<double> targets_of(const Examples& examples) {
  const Array& numbers = examples.y.numbers();
  return (examples.rows == nullptr ? numbers : rows_of(numbers, *examples.rows)).to_vector();
}

Index piece_length(const Examples& all) {
  constexpr Index kNumbers = Index{1} << 22;  // 16 MB
  const Index count = std::max<Index>(1, all.count());
  if (all.file == nullptr) return count;
  const Index size = std::max<Index>(1, all.x.size() / std::max<Index>(1, all.x.shape()[0]));
  return std::clamp<Index>(kNumbers / size, 1, count);
}

namespace {

/// How many examples of each label to hold out, `count` in all.
std::map<double, Index> quotas(const std::vector<double>& labels, Index count) {
  std::map<double, Index> left;
  for (const double label : labels) ++left[label];
  struct Rest {
    Index remainder;
    double label;
  };
  std::vector<Rest> rests;
  const Index all = std::ssize(labels);
  Index missing = count;
  for (auto& [label, number] : left) {
    const Index share = count * number;
    rests.push_back({share % all, label});
    number = share / all;
    missing -= number;
  }
  std::ranges::stable_sort(rests, std::ranges::greater(), &Rest::remainder);
  for (Index i = 0; i < missing; ++i) ++left[rests[static_cast<size_t>(i)].label];
  return left;
}

}  // namespace

Division hold_out(const Examples& all, Index count, std::uint64_t seed, bool stratified) {
  if (count == 0 && all.file != nullptr) return {.kept = all, .held = {}};
  std::vector<bool> held(static_cast<size_t>(all.count()), false);
  const std::vector<Index> order = permutation(all.count(), seed, stream_of("validation"));
  const std::vector<double> labels = stratified ? targets_of(all) : std::vector<double>{};
  std::map<double, Index> left = quotas(labels, stratified ? count : 0);
  for (Index taken = 0; const Index i : order) {
    if (taken == count) break;
    if (stratified && left[labels[static_cast<size_t>(i)]]-- <= 0) continue;
    held[static_cast<size_t>(i)] = true;
    ++taken;
  }
  std::vector<Index> kept_numbers;
  std::vector<Index> held_numbers;
  for (Index i = 0; i < all.count(); ++i) {
    (held[static_cast<size_t>(i)] ? held_numbers : kept_numbers).push_back(all.row(i));
  }
  const auto part = [&](std::vector<Index>& numbers) {
    if (all.file != nullptr) {
      Examples chosen = all;
      chosen.rows = std::make_shared<const std::vector<Index>>(std::move(numbers));
      return chosen;
    }
    return Examples{.x = rows_of(all.x, numbers), .y = rows_of(all.y.numbers(), numbers)};
  };
  return {.kept = count == 0 ? all : part(kept_numbers), .held = part(held_numbers)};
}

}  // namespace autonet::internal
