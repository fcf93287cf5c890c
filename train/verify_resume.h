#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autonet/train/fit.h"

namespace autonet::internal {

/// A place at which a run was stopped and resumed, and whether it ended with the same files.
struct StopPoint {
  Index epoch = 0;            // counted from 1: the epoch that was interrupted, or had just ended
  Index batch = 0;            // batches of that epoch that were done
  Index batches = 0;          // in an epoch
  bool same_weights = false;  // bytes of the weights' file
  bool same_run = false;      // bytes of the run's file
  bool same() const { return same_weights && same_run; }
};

struct VerifyResumeOptions {
  Examples validation = {};
  Index epochs = 2;
  std::string folder;                       // an empty one, for the files of the runs
  std::string ending = ".npz";              // of the checkpoints
  const std::atomic<bool>* stop = nullptr;  // set by the caller: return with what was compared
  std::function<void(const std::string&)> progress = {};  // told what is being done
  // What is verified; tests put a faulty one in its place.
  std::function<Trained(const Model&, const Examples&, Context&, const FitOptions&)> fit =
      autonet::fit;
};

/// What verify_resume() found.
struct ResumeReport {
  std::vector<StopPoint> points;
  bool all_at_once = false;  // the run that was stopped at all of these points in turn is the same
  bool stopped = false;      // by the caller
  bool good() const;
};

/// Trains the model without a stop, then again for each of some points (after the first step,
/// within epochs, between them, before the last step): stops there, resumes, and compares the bytes
/// of both files. Last, a run that is stopped at all of them. Throws what fit() throws.
ResumeReport verify_resume(const Model& model, const Examples& examples, Context& context,
                           const VerifyResumeOptions& options);

}  // namespace autonet::internal
