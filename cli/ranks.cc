#include "cli/ranks.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "autonet/autograd/context.h"
#include "autonet/text/concat.h"
#ifdef AUTONET_HAVE_MPI
#include "autonet/train/mpi/mpi_ranks.h"
#endif

namespace autonet::cli {
namespace {

/// The first of these environment variables that is a number; 1 without one.
int number_in(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* const text = std::getenv(name);
    int number = 0;
    if (text != nullptr &&
        std::from_chars(text, text + std::strlen(text), number).ec == std::errc() && number > 0) {
      return number;
    }
  }
  return 1;
}

}  // namespace

std::unique_ptr<Collective> started_together(const std::atomic<bool>* stop) {
  // Set by Open MPI, by MPICH and those that descend from it, and by MVAPICH.
  const int size = number_in({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"});
  if (size == 1) return nullptr;
#ifdef AUTONET_HAVE_MPI
  auto ranks = std::make_unique<MpiRanks>(stop);
  if (ranks->size() != size) {
    throw Error(
        text::concat("the processes were started by another MPI than autonet was built with: "
                     "there are ",
                     size, ", but they find ", ranks->size(), "; use the mpirun of that MPI"));
  }
  return ranks;
#else
  static_cast<void>(stop);
  throw Error(text::concat(
      "autonet was started ", size,
      " times at once, but was built without MPI; install MPI (Debian: libopenmpi-dev) and build "
      "it again, or start it without mpirun"));
#endif
}

int threads_of_rank() {
  const int here =
      number_in({"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_LOCAL_SIZE"});
  const int cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  // The starter may have bound this process to some of the cores.
  return std::max(1, std::min(hardware_threads(), cores / here));
}

}  // namespace autonet::cli
