#pragma once

#include <atomic>
#include <memory>

#include "autonet/autograd/collective.h"

namespace autonet::cli {

/// The processes that mpirun started together with this one; null if it was started alone. `stop`:
/// see MpiRanks. Throws Error if there are several and this program was built without MPI.
std::unique_ptr<Collective> started_together(const std::atomic<bool>* stop);

/// The number of threads that this process takes unless it is told: the cores that it may use,
/// shared with the other ones on this machine that were started together with it.
int threads_of_rank();

}  // namespace autonet::cli
