#pragma once

#include <algorithm>
#include <array>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// Visits the elements of several strided arrays of one shape in row-major order, in runs along the
/// innermost axis. Neighbouring axes are joined where the strides of every array allow it: arrays
/// without gaps give one long run, and a bias added to images gives runs over the channels.
template <int kArrays>
class Walk {
 public:
  Walk(const Shape& shape, const std::array<const Array*, kArrays>& arrays) {
    // From the inside out, skipping axes of length 1.
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const Index length = shape[axis];
      if (length == 1) continue;
      std::array<Index, kArrays> strides;
      for (size_t k = 0; k < kArrays; ++k) strides[k] = arrays[k]->stride(axis);
      if (rank_ > 0) {
        const auto last = static_cast<size_t>(rank_ - 1);
        bool joins = true;
        for (size_t k = 0; k < kArrays; ++k) {
          joins = joins && strides[k] == strides_[last][k] * lengths_[last];
        }
        if (joins) {
          lengths_[last] *= length;
          continue;
        }
      }
      lengths_[static_cast<size_t>(rank_)] = length;
      strides_[static_cast<size_t>(rank_)] = strides;
      ++rank_;
    }
    if (rank_ == 0) {
      rank_ = 1;
      lengths_[0] = 1;
      strides_[0].fill(0);
    }
  }

  /// The distance between the elements of a run, in elements of that array.
  Index inner_stride(int array) const { return strides_[0][static_cast<size_t>(array)]; }

  /// visit(position, length, offsets) for each run within [begin, end) of the row-major order;
  /// offsets are those of the run's first element in each array.
  template <typename Visit>
  void runs(Index begin, Index end, Visit visit) const {
    if (begin >= end) return;  // also where an axis is empty
    std::array<Index, Shape::kMaxRank> place{};
    std::array<Index, kArrays> offset{};
    Index rest = begin;
    for (size_t i = 0; rest > 0 && i < static_cast<size_t>(rank_); ++i) {
      place[i] = rest % lengths_[i];
      rest /= lengths_[i];
      for (size_t k = 0; k < kArrays; ++k) offset[k] += place[i] * strides_[i][k];
    }
    for (Index at = begin; at < end;) {
      const Index length = std::min(lengths_[0] - place[0], end - at);
      visit(at, length, offset);
      at += length;
      // Return to the beginning of the run, then go to the next one.
      for (size_t k = 0; k < kArrays; ++k) offset[k] -= place[0] * strides_[0][k];
      place[0] = 0;
      for (size_t i = 1; i < static_cast<size_t>(rank_); ++i) {
        for (size_t k = 0; k < kArrays; ++k) offset[k] += strides_[i][k];
        if (++place[i] < lengths_[i]) break;
        for (size_t k = 0; k < kArrays; ++k) offset[k] -= lengths_[i] * strides_[i][k];
        place[i] = 0;
      }
    }
  }

 private:
  int rank_ = 0;
  std::array<Index, Shape::kMaxRank> lengths_{};  // innermost first
  std::array<std::array<Index, kArrays>, Shape::kMaxRank> strides_{};
};

}  // namespace autonet::internal
