// NonMaxSuppression: of boxes that overlap, those with the best scores. Which ones they are must
// be known while the graph is recorded.
#include <algorithm>
#include <array>
#include <numeric>

#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// Corners: lower y, lower x, upper y, upper x.
using Box = std::array<double, 4>;

Box box_of(const Array& boxes, Index batch, Index i, bool centered) {
  const auto at = [&](Index k) { return boxes.at({batch, i, k}); };
  if (centered) {  // x, y, width, height
    return {at(1) - at(3) / 2, at(0) - at(2) / 2, at(1) + at(3) / 2, at(0) + at(2) / 2};
  }
  return {std::min(at(0), at(2)), std::min(at(1), at(3)), std::max(at(0), at(2)),
          std::max(at(1), at(3))};
}

double area_of(const Box& b) {
  return std::max(0.0, b[2] - b[0]) * std::max(0.0, b[3] - b[1]);
}

/// The area that both boxes cover, divided by the area that one of them covers.
double overlap_of(const Box& a, const Box& b) {
  const double shared = area_of(
      {std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3])});
  const double covered = area_of(a) + area_of(b) - shared;
  return covered > 0.0 ? shared / covered : 0.0;
}

Outputs non_max_suppression(const Call& c) {
  const Array boxes = c.known(0);   // [N,B,4]
  const Array scores = c.known(1);  // [N,C,B]
  if (boxes.rank() != 3 || scores.rank() != 3 || boxes.shape()[2] != 4 ||
      boxes.shape()[0] != scores.shape()[0] || boxes.shape()[1] != scores.shape()[2]) {
    c.wrong("boxes ", boxes.shape(), " with scores ", scores.shape());
  }
  const bool centered = c.whole("center_point_box", 0) != 0;
  const Index most = c.has(2) ? c.known_whole(2) : 0;
  const double threshold = c.has(3) ? c.known(3).item() : 0.0;
  std::vector<Index> chosen;  // image, class, box
  for (Index n = 0; n < scores.shape()[0]; ++n) {
    std::vector<Box> corners;
    for (Index i = 0; i < boxes.shape()[1]; ++i) corners.push_back(box_of(boxes, n, i, centered));
    for (Index k = 0; k < scores.shape()[1]; ++k) {
      std::vector<Index> order;
      for (Index i = 0; i < std::ssize(corners); ++i) {
        if (!c.has(4) || scores.at({n, k, i}) > c.known(4).item()) order.push_back(i);
      }
      std::ranges::stable_sort(order, std::ranges::greater(), [&](Index i) {
        return scores.at({n, k, i});
      });
      std::vector<Index> kept;
      for (const Index i : order) {
        if (std::ssize(kept) >= most) break;
        const bool free = std::ranges::all_of(kept, [&](Index j) {
          return overlap_of(corners[static_cast<size_t>(i)], corners[static_cast<size_t>(j)]) <=
                 threshold;
        });
        if (free) kept.push_back(i);
      }
      for (const Index i : kept) chosen.insert(chosen.end(), {n, k, i});
    }
  }
  const Array numbers =
      array_from(std::ssize(chosen), [&](Index i) { return chosen[static_cast<size_t>(i)]; });
  return {c.constant(numbers.reshape({std::ssize(chosen) / 3, 3}), Element::int64)};
}

}  // namespace

std::vector<Operator> detect_operators() {
  return {{"NonMaxSuppression", non_max_suppression}};
}

}  // namespace autonet::exchange
