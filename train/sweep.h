#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"
#include "train/sweep_plan.h"

namespace autonet::internal {

/// One run of a sweep. Its files in the sweep's folder are run-001.json (how far it has come),
/// run-001.npz and run-001.run.npz (as of every run).
struct SweepRun {
  Index number = 0;        // counted from 1
  SweepSettings settings;  // those that differ between the runs
  Model model;
  std::string checkpoint = {};
  std::vector<EpochReport> epochs = {};  // without the times
  bool ended = false;                    // it has all epochs, or its patience ran out
  std::string error = {};                // why it failed; empty if it did not

  /// The best of its first epochs, as fit() chooses it; null if there is none.
  const EpochReport* best(Index first_epochs) const;
  const EpochReport* best() const { return best(std::ssize(epochs)); }
};

struct SweepOptions {
  std::string folder;   // for the files of the runs
  std::string plan;     // a text that must be the same when the sweep is resumed
  bool resume = false;  // go on with the sweep in the folder
  int jobs = 1;         // runs at once
  int threads = 1;      // of all of them together
  Index halving = 0;    // 0: train all runs to their end; else see halving_rungs()
  std::function<Splits(const Model&)> data = {};  // reads the data; one call at a time
  const std::atomic<bool>* stop = nullptr;        // set by the caller: save and return
  /// Told of a run that has come to the end of its rung, or failed; one call at a time.
  std::function<void(const SweepRun&)> progress = {};
};

/// A stage of successive halving: the runs that are left train up to `epochs`, and the best `keep`
/// of them go on.
struct Rung {
  Index epochs = 0;
  Index keep = 0;
};

/// The rungs for so many runs of so many epochs: each has `factor` times the epochs of the one
/// before, and a `factor`th of its runs go on (K. Jamieson, A. Talwalkar, arXiv:1502.07943). The
/// last rung ends with all epochs; rungs that would have equal epochs are one.
std::vector<Rung> halving_rungs(Index runs, Index epochs, Index factor);

/// True if run `a` is better than `b`: the lower validation loss of its best epoch among the first
/// so many; failed runs are last, and the earlier of two equal ones is better.
bool ranks_before(const SweepRun& a, const SweepRun& b, Index first_epochs);

/// Trains the runs, several at once; the numbers do not depend on how many. A run that meets NaN or
/// Inf fails alone. Every run's files are kept in the folder, so that a stopped sweep can be
/// resumed. False if the caller stopped it.
///
/// Throws ModelError if a run has no validation examples, the folder holds a sweep and `resume` is
/// false, or it holds another one, or with halving if the runs differ in their epochs; DataError if
/// there is no sweep to resume or a file cannot be read or written.
bool run_sweep(std::vector<SweepRun>& runs, const SweepOptions& options);

}  // namespace autonet::internal
