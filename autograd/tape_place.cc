#include "autonet/autograd/tape_place.h"

#include <deque>
#include <limits>
#include <mutex>
#include <vector>

namespace autonet::internal {
namespace {

/// All places that there are. They are few: as many as tapes that lived at the same time.
struct Places {
  std::mutex mutex;
  std::deque<TapePlace> all;
  std::vector<TapePlace*> free;
};

/// Never destroyed, as a static Tape may outlive every other static object.
Places& places() {
  static auto* const kPlaces = new Places;
  return *kPlaces;
}

}  // namespace

TapePlace* take_tape_place() {
  Places& known = places();
  const std::scoped_lock lock(known.mutex);
  if (known.free.empty()) {
    known.free.reserve(known.all.size() + 1);  // so that giving back cannot fail
    return &known.all.emplace_back();
  }
  TapePlace* const place = known.free.back();
  known.free.pop_back();
  return place;
}

void give_back_tape_place(TapePlace* place) {
  Places& known = places();
  const std::scoped_lock lock(known.mutex);
  place->tape.store(nullptr, std::memory_order_relaxed);
  const std::uint32_t next = place->turn.load(std::memory_order_relaxed) + 1;
  place->turn.store(next, std::memory_order_relaxed);
  // A place whose turns are used up is left alone, as the next turn would be one that was before.
  if (next != std::numeric_limits<std::uint32_t>::max()) known.free.push_back(place);
}

}  // namespace autonet::internal
