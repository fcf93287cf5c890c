#include "autograd/arena.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <set>

#include "autonet/autograd/error.h"

namespace autonet::internal {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kEnd = std::numeric_limits<std::size_t>::max();

/// Offsets [begin, end).
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A union of ranges, kept as disjoint ones that do not touch.
class Union {
 public:
  /// False if it holds the range already.
  bool add(Range range) {
    auto next = ends_.upper_bound(range.begin);
    if (next != ends_.begin() && std::prev(next)->second >= range.begin) {
      --next;
      if (next->second >= range.end) return false;
      range.begin = next->first;
    }
    while (next != ends_.end() && next->first <= range.end) {
      range.end = std::max(range.end, next->second);
      next = ends_.erase(next);
    }
    ends_.emplace_hint(next, range.begin, range.end);
    return true;
  }

  /// The end of the last part that meets `range`.
  std::optional<std::size_t> end_of_overlap(Range range) const {
    const auto next = ends_.lower_bound(range.end);
    if (next == ends_.begin() || std::prev(next)->second <= range.begin) return std::nullopt;
    return std::prev(next)->second;
  }

 private:
  std::map<std::size_t, std::size_t> ends_;  // by begin
};

/// The places of buffers by the steps at which their lives begin: a segment tree whose nodes hold
/// the union of the places below them.
class Beginnings {
 public:
  explicit Beginnings(std::span<const Lifetime> buffers) : nodes_(2 * buffers.size()) {
    for (const Lifetime& buffer : buffers) steps_.push_back(buffer.first);
    std::ranges::sort(steps_);
  }

  void add(std::size_t step, Range place) {
    const auto leaf = std::ranges::lower_bound(steps_, step) - steps_.begin();
    size_t node = static_cast<size_t>(leaf) + steps_.size();
    while (node >= 1 && nodes_[node].add(place)) node /= 2;  // what a node holds, those above hold
  }

  /// An offset beyond `place` up to which it cannot be moved, if it overlaps the place of a buffer
  /// whose life begins after step `after` and not after step `last`.
  std::optional<std::size_t> blocked_until(std::size_t after, std::size_t last, Range place) const {
    const auto position = [&](std::size_t step) {
      return static_cast<size_t>(std::ranges::upper_bound(steps_, step) - steps_.begin());
    };
    size_t low = position(after) + steps_.size();
    size_t high = position(last) + steps_.size();
    for (; low < high; low /= 2, high /= 2) {
      if (low % 2 == 1) {
        if (const auto end = nodes_[low++].end_of_overlap(place)) return end;
      }
      if (high % 2 == 1) {
        if (const auto end = nodes_[--high].end_of_overlap(place)) return end;
      }
    }
    return std::nullopt;
  }

 private:
  std::vector<std::size_t> steps_;  // sorted
  std::vector<Union> nodes_;        // the children of node i are 2 i and 2 i + 1
};

/// The free offsets at one step, and among them the ranges that hold a buffer of `size` bytes.
class FreeRanges {
 public:
  explicit FreeRanges(std::size_t size) : size_(size) { insert({0, kEnd}); }

  void take(Range range) {
    const auto around = std::prev(ends_.upper_bound(range.begin));
    const Range before{around->first, range.begin};
    const Range after{range.end, around->second};
    remove(around);
    if (before.begin < before.end) insert(before);
    if (after.begin < after.end) insert(after);
  }

  void give_back(Range range) {
    auto next = ends_.upper_bound(range.begin);
    if (next != ends_.end() && next->first == range.end) {
      range.end = next->second;
      next = remove(next);
    }
    if (next != ends_.begin() && std::prev(next)->second == range.begin) {
      range.begin = std::prev(next)->first;
      remove(std::prev(next));
    }
    insert(range);
  }

  /// The lowest offset from `from` on at which `size` bytes are free.
  std::size_t lowest(std::size_t from) const {
    const auto next = ends_.upper_bound(from);
    if (next != ends_.begin()) {
      const std::size_t end = std::prev(next)->second;
      if (end > from && end - from >= size_) return from;
    }
    const auto fitting = fitting_.lower_bound(from);
    if (fitting == fitting_.end()) throw Error("program: its arrays do not fit the address space");
    return *fitting;
  }

 private:
  using Ends = std::map<std::size_t, std::size_t>;

  void insert(Range range) {
    ends_.emplace(range.begin, range.end);
    if (range.end - range.begin >= size_) fitting_.insert(range.begin);
  }
  Ends::iterator remove(Ends::const_iterator range) {
    fitting_.erase(range->first);
    return ends_.erase(range);
  }

  std::size_t size_;
  Ends ends_;                      // by begin
  std::set<std::size_t> fitting_;  // begins of those that are large enough
};

/// Places one group of buffers after the other. The buffers of a group have equal sizes and follow
/// each other by their first steps, so one pass over the steps keeps the offsets that are free at
/// the first step of the next buffer. Those that a larger buffer takes later, but within the life
/// of this one, are looked up.
class Placement {
 public:
  explicit Placement(std::span<const Lifetime> buffers) : buffers_(buffers), beginnings_(buffers) {
    plan_.offsets.resize(buffers.size());
  }

  void place(std::span<const std::size_t> group) {
    const std::size_t size = rounded(buffers_[group[0]].bytes);
    if (size == 0) return;
    FreeRanges free(size);
    // Buffers that take part of the free offsets now, the first to end on top.
    const auto ends_later = [&](auto a, auto b) { return buffers_[a].last > buffers_[b].last; };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(ends_later)> alive(
        ends_later);
    const auto take = [&](std::size_t i) {
      free.take(place_of(i));
      alive.push(i);
    };
    size_t larger = 0;
    for (const std::size_t next : group) {
      const Lifetime& life = buffers_[next];
      for (; !alive.empty() && buffers_[alive.top()].last < life.first; alive.pop()) {
        free.give_back(place_of(alive.top()));
      }
      for (; larger < placed_.size() && buffers_[placed_[larger]].first <= life.first; ++larger) {
        if (buffers_[placed_[larger]].last >= life.first) take(placed_[larger]);
        ++plan_.visited;
      }
      std::size_t& offset = plan_.offsets[next];
      std::optional<std::size_t> from = 0;
      for (; from; ++plan_.visited) {
        offset = free.lowest(*from);
        from = beginnings_.blocked_until(life.first, life.last, {offset, offset + size});
      }
      plan_.bytes = std::max(plan_.bytes, offset + size);
      take(next);
    }
  }

  /// To be called for a group before the next one is placed.
  void add_larger(std::span<const std::size_t> group) {
    for (const std::size_t i : group) beginnings_.add(buffers_[i].first, place_of(i));
    const auto middle = placed_.insert(placed_.end(), group.begin(), group.end());
    std::inplace_merge(placed_.begin(), middle, placed_.end(),
                       [&](auto a, auto b) { return buffers_[a].first < buffers_[b].first; });
  }

  ArenaPlan result() { return std::move(plan_); }

 private:
  static std::size_t rounded(std::size_t bytes) {
    if (bytes > kEnd - kAlignment) throw Error("program: an array does not fit the address space");
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  Range place_of(std::size_t i) const {
    return {plan_.offsets[i], plan_.offsets[i] + rounded(buffers_[i].bytes)};
  }

  std::span<const Lifetime> buffers_;
  Beginnings beginnings_;            // of the buffers of earlier groups
  std::vector<std::size_t> placed_;  // those, by their first steps
  ArenaPlan plan_;
};

}  // namespace

ArenaPlan plan_arena(std::span<const Lifetime> buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order,
                           [&](auto a, auto b) { return buffers[a].bytes > buffers[b].bytes; });
  Placement placement(buffers);
  std::span<const std::size_t> group;
  for (auto begin = order.begin(); begin != order.end(); begin += std::ssize(group)) {
    if (!group.empty()) placement.add_larger(group);
    const auto end = std::adjacent_find(begin, order.end(), [&](auto a, auto b) {
      return buffers[a].bytes != buffers[b].bytes || buffers[a].first > buffers[b].first;
    });
    group = {begin, end == order.end() ? end : end + 1};
    placement.place(group);
  }
  return placement.result();
}

}  // namespace autonet::internal
