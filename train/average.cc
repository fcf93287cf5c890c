#include "train/average.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/walk.h"

namespace autonet::internal {
namespace {

constexpr Index kPiece = 1 << 15;

Index pieces_of(const Array& array) {
  return (array.size() + kPiece - 1) / kPiece;
}

template <typename T>
void move(Context& context, const Array& from, double kept, Array& to) {
  const T* w = from.data<T>();
  T* a = to.data<T>();
  const T old = static_cast<T>(kept);
  const T fresh = static_cast<T>(1.0 - kept);
  context.parallel_for(pieces_of(to), [&](Index piece, int) {
    const Index end = std::min(to.size(), (piece + 1) * kPiece);
    for (Index i = piece * kPiece; i < end; ++i) a[i] = old * a[i] + fresh * w[i];
  });
}

/// The sum of the squares of one piece of an array, in a fixed order.
template <typename T>
double squares(const Array& array, const Walk<1>& walk, Index piece) {
  double sum = 0.0;
  const Index end = std::min(array.size(), (piece + 1) * kPiece);
  walk.runs(piece * kPiece, end, [&](Index, Index length, const std::array<Index, 1>& offset) {
    const T* from = array.data<T>() + offset[0];
    const Index step = walk.inner_stride(0);
    for (Index k = 0; k < length; ++k) {
      const auto number = static_cast<double>(from[k * step]);
      sum += number * number;
    }
  });
  return sum;
}

}  // namespace

double kept_fraction(double keep, Index t) {
  return std::min(keep, static_cast<double>(1 + t) / static_cast<double>(10 + t));
}

void move_average(Context& context, const Weights& weights, double kept, Weights& average) {
  const auto all = [&](const std::vector<Array>& from, std::vector<Array>& to) {
    for (size_t i = 0; i < to.size(); ++i) {
      to[i].dtype() == DType::f32 ? move<float>(context, from[i], kept, to[i])
                                  : move<double>(context, from[i], kept, to[i]);
    }
  };
  all(weights.parameters, average.parameters);
  all(weights.states, average.states);
}

double norm_of(Context& context, std::span<const Array> arrays) {
  double sum = 0.0;
  std::vector<double> parts;
  for (const Array& array : arrays) {
    const Walk<1> walk(array.shape(), {&array});
    parts.assign(static_cast<size_t>(pieces_of(array)), 0.0);
    context.parallel_for(std::ssize(parts), [&](Index piece, int) {
      parts[static_cast<size_t>(piece)] = array.dtype() == DType::f32
                                              ? squares<float>(array, walk, piece)
                                              : squares<double>(array, walk, piece);
    });
    for (const double part : parts) sum += part;
  }
  return std::sqrt(sum);
}

double clip_factor(Context& context, std::span<const Array> gradients,
                   std::optional<double> limit) {
  if (!limit) return 1.0;
  const double norm = norm_of(context, gradients);
  return norm > *limit ? *limit / norm : 1.0;
}

}  // namespace autonet::internal
