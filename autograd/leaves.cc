#include "autograd/leaves.h"

#include <algorithm>
#include <bit>

namespace autonet::internal {
namespace {

// Enough for the threads of one machine. Each part has sums of its own, which take memory.
constexpr Index kMostParts = 16;
// In a large batch parts of at least so many examples are halved, so that many processes find work.
constexpr Index kLargePart = 200;
constexpr Index kMostPartsOfAll = 256;
// Fewer examples do not pay for reading the weights once more.
constexpr Index kLeastExamples = 12;
// With more, the numbers of a leaf of small images no longer fit into a second-level cache.
constexpr Index kMostExamples = 25;
// The numbers in a sum of which one is kept for each part.
constexpr Index kLargestSum = 100'000;
// With less of it, waking other threads costs more than it saves.
constexpr Index kLittleWork = 200'000;
// The numbers that one piece of work adds up.
constexpr Index kStretch = 8192;

template <typename T>
void add(T* total, const T* more, Index count) {
  for (Index i = 0; i < count; ++i) total[i] += more[i];
}

/// Adds numbers first … first + count - 1 of the parts, which lie `step` numbers apart.
template <typename T>
void add_parts(T* parts, Index part_count, Index step, Index first, Index count, T* y) {
  for (Index width = 1; width < part_count; width *= 2) {
    for (Index part = 0; part < part_count; part += 2 * width) {
      add(parts + part * step + first, parts + (part + width) * step + first, count);
    }
  }
  std::copy_n(parts + first, count, y + first);
}

}  // namespace

Leaves::Leaves(Index examples) : batch(examples) {
  const Index most = std::clamp<Index>(examples / kLeastExamples, 1, kMostParts);
  parts = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(most)));
  while (parts < kMostPartsOfAll && examples / parts >= kLargePart) parts *= 2;
  const Index of_part = (examples + parts - 1) / parts;
  in_part = parts == 1 ? 1 : (of_part + kMostExamples - 1) / kMostExamples;
}

BatchUse each_along_first_axis(std::span<const Array> inputs, std::span<int> axes) {
  Index examples = 0;
  int rank = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    rank = std::max(rank, inputs[i].rank());
    if (axes[i] > 0) return BatchUse::whole;
    if (axes[i] == 0) examples = inputs[i].shape()[0];
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool aligned = inputs[i].rank() == rank;
    if (axes[i] == 0 && !aligned) return BatchUse::whole;
    if (axes[i] < 0 && aligned && inputs[i].shape()[0] == examples) axes[i] = 0;
  }
  return BatchUse::each;
}

bool cuts_sum(Index examples, Index size) {
  return size <= kLargestSum && examples >= 2 * kLeastExamples;
}

std::size_t part_bytes(const ArrayType& sum) {
  return (sum.bytes() + 63) / 64 * 64;
}

void sum_over_leaves(Context& context, Index examples, Index work, Array& y,
                     FunctionRef<Context&, Index, Index, Array&> sum) {
  if (context.is_leaf() || !cuts_sum(examples, y.size())) return sum(context, 0, examples, y);
  const Leaves leaves(examples);
  const std::size_t bytes = part_bytes(y.type());
  const Index sums = leaves.parts + (leaves.in_part > 1 ? context.threads() : 0);
  std::byte* memory = context.shared_scratch(static_cast<std::size_t>(sums) * bytes);
  const auto sum_at = [&](Index i) {
    return Array::wrap(memory + static_cast<std::size_t>(i) * bytes, y.type(), nullptr);
  };
  context.for_leaves(work < kLittleWork, leaves.parts, [&](Index part, int worker, Context& own) {
    Array total = sum_at(part);
    for (Index i = 0; i < leaves.in_part; ++i) {
      const Index leaf = part * leaves.in_part + i;
      const Index first = leaves.first(leaf);
      Array of_leaf = i == 0 ? total : sum_at(leaves.parts + worker);
      sum(own, first, leaves.first(leaf + 1) - first, of_leaf);
      if (i > 0) add_to(total, of_leaf);
    }
  });
  add_in_tree(context, memory, leaves.parts, y);
}

void add_in_tree(Context& context, std::byte* parts, Index count, Array& y) {
  const Index size = y.size();
  const auto step = static_cast<Index>(part_bytes(y.type()));
  const auto add_piece = [&](Index piece, int) {
    const Index first = piece * kStretch;
    const Index length = std::min(kStretch, size - first);
    if (y.dtype() == DType::f32) {
      add_parts(reinterpret_cast<float*>(parts), count, step / static_cast<Index>(sizeof(float)),
                first, length, y.data<float>());
    } else {
      add_parts(reinterpret_cast<double*>(parts), count, step / static_cast<Index>(sizeof(double)),
                first, length, y.data<double>());
    }
  };
  const Index pieces = (size + kStretch - 1) / kStretch;
  if (pieces > 1) return context.parallel_for(pieces, add_piece);
  if (pieces == 1) add_piece(0, 0);
}

void add_to(Array& total, const Array& more) {
  if (total.dtype() == DType::f32) {
    add(total.data<float>(), more.data<float>(), total.size());
  } else {
    add(total.data<double>(), more.data<double>(), total.size());
  }
}

}  // namespace autonet::internal
