#pragma once

#include "autograd/context.h"

namespace autonet::cpu {

// Below so many multiply-adds (some 50 microseconds), or numbers that are only moved, the other
// threads cost more than they give.
constexpr double kSmallWork = 3'500'000.0;
constexpr Index kSmallMove = 65'536;

// Multiply-adds in one piece of work at least, where it is made of smaller ones.
constexpr double kPieceWork = 100'000.0;

/// Calls task(piece, worker) for each piece: on the calling thread alone if the work is `small`.
inline void for_pieces(Context& context, bool small, Index pieces, PieceTask task) {
  if (!small) return context.parallel_for(pieces, task);
  for (Index piece = 0; piece < pieces; ++piece) task(piece, 0);
}

}  // namespace autonet::cpu
