#pragma once

#include <functional>
#include <span>

#include "autonet/autograd/tape.h"
#include "autonet/autograd/var.h"

namespace autonet {

/// Records a computation on the tape and returns its result y. The placeholders have the shapes of
/// the points at which it is checked. A check calls it several times, each time with a fresh tape,
/// and once with placeholders of f32 to compare both precisions.
using Recording = std::function<Var(Tape&, std::span<const Var>)>;

}  // namespace autonet
