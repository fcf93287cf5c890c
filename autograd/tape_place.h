#pragma once

#include <atomic>
#include <cstdint>

namespace autonet {

class Tape;

namespace internal {

/// Where a tape is now, for the Vars that were recorded on it. When the tape dies its place is kept
/// for a later tape, with the next `turn`; a Var that remembers an earlier turn has lost its tape.
struct TapePlace {
  std::atomic<Tape*> tape{nullptr};
  std::atomic<std::uint32_t> turn{0};
};

/// A place at which no tape is.
TapePlace* take_tape_place();
/// Ends the turn of the tape at this place.
void give_back_tape_place(TapePlace* place);

/// The place of a tape during one turn.
struct TapeTurn {
  const TapePlace* place = nullptr;
  std::uint32_t turn = 0;

  TapeTurn() = default;
  explicit TapeTurn(const TapePlace* at)
      : place(at), turn(at == nullptr ? 0 : at->turn.load(std::memory_order_relaxed)) {}
  TapeTurn(const TapePlace* at, std::uint32_t when) : place(at), turn(when) {}

  /// The tape; null if there was none or it is gone.
  Tape* tape() const {
    if (place == nullptr || place->turn.load(std::memory_order_relaxed) != turn) return nullptr;
    return place->tape.load(std::memory_order_relaxed);
  }
};

}  // namespace internal
}  // namespace autonet
