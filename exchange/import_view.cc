#include "exchange/import_view.h"

#include <numeric>

namespace autonet::exchange {
namespace {

Index length_of(const Axis& axis) {
  Index length = 1;
  for (const Factor& factor : axis) length *= factor.length;
  return length;
}

}  // namespace

Index View::length(size_t axis) const {
  return length_of(axes.at(axis));
}

Index View::size() const {
  return length_of(joined(axes));
}

Axis canonical(const Axis& axis) {
  Axis result;
  for (const Factor& factor : axis) {
    if (factor.length == 1) continue;
    if (!result.empty() && result.back().stride == factor.length * factor.stride) {
      result.back() = {result.back().length * factor.length, factor.stride};
    } else {
      result.push_back(factor);
    }
  }
  return result;
}

Axis joined(std::span<const Axis> axes) {
  Axis all;
  for (const Axis& axis : axes) all.insert(all.end(), axis.begin(), axis.end());
  return all;
}

std::optional<std::vector<Axis>> regrouped(std::span<const Axis> axes,
                                           std::span<const Index> lengths) {
  const Axis all = canonical(joined(axes));
  std::vector<Axis> result;
  size_t next = 0;
  Factor rest = all.empty() ? Factor{} : all[0];
  for (const Index length : lengths) {
    Axis& axis = result.emplace_back();
    for (Index needed = length; needed != 1;) {
      if (needed < 1 || next == all.size()) return std::nullopt;
      const Index taken = std::gcd(needed, rest.length);
      if (taken != needed && taken != rest.length) return std::nullopt;
      axis.push_back({taken, rest.stride * (rest.length / taken)});
      needed /= taken;
      rest.length /= taken;
      if (rest.length == 1 && ++next < all.size()) rest = all[next];
    }
  }
  if (next != all.size()) return std::nullopt;
  return result;
}

std::vector<Index> positions_of(const Axis& axis) {
  std::vector<Index> positions = {0};
  for (const Factor& factor : axis) {
    std::vector<Index> more;
    more.reserve(positions.size() * static_cast<size_t>(factor.length));
    for (const Index position : positions) {
      for (Index i = 0; i < factor.length; ++i) more.push_back(position + i * factor.stride);
    }
    positions = std::move(more);
  }
  return positions;
}

std::vector<Axis> axes_of(Index batch, const Shape& shape, std::span<const int> order) {
  std::vector<Axis> axes = {canonical({{batch, shape.size()}})};
  for (const int axis : order) {
    Index stride = 1;
    for (int later = axis + 1; later < shape.rank(); ++later) stride *= shape[later];
    axes.push_back(canonical({{shape[axis], stride}}));
  }
  return axes;
}

std::vector<int> plain_order(int rank) {
  std::vector<int> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::vector<int> channels_first_order(int rank) {
  std::vector<int> order = plain_order(rank);
  if (rank < 2) return order;
  order.pop_back();
  order.insert(order.begin(), rank - 1);
  return order;
}

}  // namespace autonet::exchange
