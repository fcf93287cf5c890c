#include "autonet/data/examples.h"

#include <algorithm>
#include <functional>
#include <map>

#include "autonet/autograd/random.h"

namespace autonet::internal {

Array rows_of(const Array& from, std::span<const Index> numbers) {
  std::vector<Index> lengths(from.shape().lengths().begin(), from.shape().lengths().end());
  lengths[0] = std::ssize(numbers);
  Array rows = Array::uninitialized({Shape(lengths), from.dtype()});
  for (size_t i = 0; i < numbers.size(); ++i) {
    rows.slice(0, static_cast<Index>(i), 1).copy_from(from.slice(0, numbers[i], 1));
  }
  return rows;
}

Examples contiguous(const Examples& examples) {
  return {.x = examples.x.contiguous(),
          .y = examples.y.numbers().contiguous(),
          .rows = examples.rows,
          .file = examples.file};
}

Examples first_examples(const Examples& all, Index count) {
  if (all.rows == nullptr)
    return {.x = all.x.slice(0, 0, count), .y = all.y.numbers().slice(0, 0, count)};
  const std::span<const Index> rows = std::span(*all.rows).first(static_cast<size_t>(count));
  return {.x = rows_of(all.x, rows), .y = rows_of(all.y.numbers(), rows)};
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

/// The label of each example, in their order.
std::vector<double> labels_of(const Examples& all) {
  const std::vector<double> numbers = all.y.numbers().to_vector();
  std::vector<double> labels;
  for (Index i = 0; i < all.count(); ++i) {
    labels.push_back(numbers[static_cast<size_t>(all.row(i))]);
  }
  return labels;
}

}  // namespace

Division hold_out(const Examples& all, Index count, std::uint64_t seed, bool stratified) {
  if (count == 0 && all.file != nullptr) return {.kept = all, .held = {}};
  std::vector<bool> held(static_cast<size_t>(all.count()), false);
  const std::vector<Index> order = permutation(all.count(), seed, stream_of("validation"));
  const std::vector<double> labels = stratified ? labels_of(all) : std::vector<double>{};
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
      return Examples{.x = all.x,
                      .y = all.y,
                      .rows = std::make_shared<const std::vector<Index>>(std::move(numbers)),
                      .file = all.file};
    }
    return Examples{.x = rows_of(all.x, numbers), .y = rows_of(all.y.numbers(), numbers)};
  };
  return {.kept = part(kept_numbers), .held = part(held_numbers)};
}

}  // namespace autonet::internal
