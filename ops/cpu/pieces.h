#pragma once

#include "autonet/autograd/context.h"

namespace autonet::cpu {

// With fewer multiply-adds (some 10 microseconds), or fewer numbers that are only moved, waking
// other threads costs more than it saves.
constexpr double kSmallWork = 700'000.0;
constexpr Index kSmallMove = 65'536;

// The least number of multiply-adds in a piece of work that is made of smaller ones.
constexpr double kPieceWork = 100'000.0;

/// Calls task(piece, worker) for each piece, on the calling thread alone if the work is `small`.
inline void for_pieces(Context& context, bool small, Index pieces, PieceTask task) {
  if (!small) return context.parallel_for(pieces, task);
  for (Index piece = 0; piece < pieces; ++piece) task(piece, 0);
}

}  // namespace autonet::cpu
