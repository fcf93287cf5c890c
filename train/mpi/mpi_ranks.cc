#include "autonet/train/mpi/mpi_ranks.h"

#include <mpi.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <limits>
#include <map>
#include <thread>
#include <vector>

#include "autonet/text/concat.h"

namespace autonet {
namespace {

using Clock = std::chrono::steady_clock;

// mpirun kills a process 0.3 to 1 seconds after it has asked it to end, and it has a run to save.
constexpr auto kPatience = std::chrono::milliseconds(100);
// Waiting without sleeping costs the other processes of the machine their time.
constexpr int kSpins = 2000;
constexpr auto kNap = std::chrono::microseconds(50);

void check(int status, const char* doing) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw CollectiveLost(text::concat("another process cannot be reached: ", doing, ": ", text));
}

}  // namespace

struct MpiRanks::State {
  /// What belongs to an exchange until it ends.
  struct Exchange {
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<int> counts = {};
    std::vector<int> firsts = {};
  };
  const std::atomic<bool>* stop = nullptr;
  bool began = false;  // to use MPI
  int exceptions = 0;  // on their way when the object was made
  int rank = 0;
  int size = 1;
  int next = 0;
  std::map<int, Exchange> running = {};
};

MpiRanks::MpiRanks(const std::atomic<bool>* stop) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.stop = stop;
  state.exceptions = std::uncaught_exceptions();
  int running = 0;
  MPI_Initialized(&running);
  if (running == 0) {
    // Open MPI copies large messages out of the memory of the other process, and if that one has
    // ended it ends this one too, before anything can be saved. Through shared memory it waits.
    ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", /*overwrite=*/0);
    ::setenv("OMPI_MCA_btl_sm_single_copy_mechanism", "none", /*overwrite=*/0);
    int level = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level), "MPI_Init_thread");
    state.began = true;
  }
  // Errors arrive as statuses, so that what was trained can be saved.
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &state.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &state.size), "MPI_Comm_size");
}

MpiRanks::~MpiRanks() {
  if (state_->began && std::uncaught_exceptions() == state_->exceptions &&
      state_->running.empty()) {
    MPI_Finalize();
  }
}

int MpiRanks::rank() const {
  return state_->rank;
}

int MpiRanks::size() const {
  return state_->size;
}

int MpiRanks::begin(std::byte* memory, std::span<const std::size_t> offsets) {
  State& state = *state_;
  State::Exchange& exchange = state.running[state.next];
  // Counted in units of which the largest exchange has fewer than an int can count.
  const std::size_t total = offsets.back() - offsets.front();
  if (total > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(text::concat("an exchange of ", total,
                             " bytes between processes is larger than MPI can count; use a "
                             "smaller batch_size"));
  }
  for (std::size_t r = 0; r + 1 < offsets.size(); ++r) {
    exchange.counts.push_back(static_cast<int>(offsets[r + 1] - offsets[r]));
    exchange.firsts.push_back(static_cast<int>(offsets[r] - offsets.front()));
  }
  check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, memory + offsets.front(),
                        exchange.counts.data(), exchange.firsts.data(), MPI_BYTE, MPI_COMM_WORLD,
                        &exchange.request),
        "MPI_Iallgatherv");
  return state.next++;
}

void MpiRanks::finish(int number) {
  State& state = *state_;
  State::Exchange& exchange = state.running.at(number);
  Clock::time_point stopped{};
  for (int round = 0;; ++round) {
    int done = 0;
    check(MPI_Test(&exchange.request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done != 0) break;
    if (round < kSpins) continue;
    std::this_thread::sleep_for(kNap);
    if (state.stop == nullptr || !state.stop->load()) continue;
    if (stopped == Clock::time_point{}) stopped = Clock::now();
    if (Clock::now() - stopped > kPatience) {
      throw CollectiveLost("another process of the run ended, or all were asked to end");
    }
  }
  state.running.erase(number);
}

}  // namespace autonet
