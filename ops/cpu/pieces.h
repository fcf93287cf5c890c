#pragma once

#include "autograd/context.h"

namespace autonet::cpu {

// Below so many multiply-adds, or numbers that are only moved, the other threads cost more than
// they give.
constexpr double kSmallWork = 100'000.0;
constexpr Index kSmallMove = 32'768;

/// Calls task(piece, worker) for each piece: on the calling thread alone if the work is `small`.
inline void for_pieces(Context& context, bool small, Index pieces, PieceTask task) {
  if (!small) return context.parallel_for(pieces, task);
  for (Index piece = 0; piece < pieces; ++piece) task(piece, 0);
}

}  // namespace autonet::cpu
