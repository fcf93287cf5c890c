#pragma once

#include "train/sweep.h"

namespace autonet::internal {

/// Makes the folder of a sweep with sweep.json, which says what the sweep is. To resume, checks
/// that the folder has the same sweep, and reads how far each run has come. Throws as run_sweep().
void open_sweep(std::vector<SweepRun>& runs, const SweepOptions& options);

/// Writes how far a run has come: NAME.json beside its checkpoint NAME.npz, in one step.
void save_record(const SweepRun& run);

}  // namespace autonet::internal
