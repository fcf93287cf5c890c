// Trains for many small steps and compares the memory of the process after a tenth of them with
// that at the end.
//
//   many_steps [STEPS]       (200000)
//
// Exit status: 0 if the memory grew by less than 2 MiB, 1 if not.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "autonet/train/fit.h"
#include "train/random_examples.h"

namespace autonet::internal {
namespace {

/// Bytes of the process that are in memory.
Index resident() {
  std::ifstream file("/proc/self/statm");
  Index all = 0;
  Index pages = 0;
  file >> all >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

struct Watcher : FitObserver {
  Index steps = 0;
  Index early_at;
  Index early = 0;
  explicit Watcher(Index most) : early_at(most / 10) {}
  void on_batch(Index, Index, Index, double) override {
    if (++steps == early_at) early = resident();
  }
};

int run(Index wanted) {
  const Model model = Model::parse(R"({"name": "m", "input": [4, 4, 1], "classes": 3, "layers": [
      {"type": "conv2d", "channels": 2, "kernel": 3, "activation": "relu"}, {"type": "batch_norm"},
      {"type": "dropout", "rate": 0.1}, {"type": "linear", "units": 3}],
      "loss": "softmax_cross_entropy", "training": {"batch_size": 2,
      "optimizer": {"type": "adam", "learning_rate": 0.0001}}})",
                                   "m.json");
  constexpr Index kPerEpoch = 2000;
  const Index epochs = std::max<Index>(2, wanted / kPerEpoch);
  const Examples examples = random_examples(model, 2 * kPerEpoch, 1);
  Context context(2);
  Watcher watcher(epochs * kPerEpoch);
  fit(model, examples, context, {.epochs = epochs, .observer = &watcher});
  const Index late = resident();
  std::cout << watcher.steps << " steps: " << watcher.early / 1024 << " KiB after a tenth, "
            << late / 1024 << " KiB at the end\n";
  if (watcher.early == 0) {
    std::cout << "SKIPPED: /proc/self/statm is missing\n";
    return EXIT_SUCCESS;
  }
  return late - watcher.early < (Index{2} << 20) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace autonet::internal

int main(int argc, char** argv) {
  return autonet::internal::run(argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 200'000);
}
