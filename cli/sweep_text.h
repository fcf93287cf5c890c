#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/shared_options.h"
#include "train/sweep.h"

namespace autonet::cli {

/// The arguments of sweep.
struct SweepArguments {
  ModelChoice model;
  std::string data_dir;
  int threads = hardware_threads();
  std::string instructions;  // empty: the best of the machine
  std::optional<int> jobs;
  std::optional<Index> random;
  std::optional<std::uint64_t> seed;
  bool halving = false;
  Index factor = 3;
  std::string folder;
  bool resume = false;
  bool json = false;
  bool quiet = false;
};

/// The command line that goes on with the sweep.
std::string continued_by(const SweepArguments& arguments);

/// The command line that evaluates one run. `fixed` are the settings that all runs have.
std::string evaluated_by(const SweepArguments& arguments, const std::vector<std::string>& fixed,
                         const internal::SweepRun& run);

/// What is trained, and where its files go.
std::string start_text(const SweepArguments& arguments, const std::vector<internal::SweepRun>& runs,
                       int jobs, const std::string& folder);

/// A line about a run that has come to the end of its rung, or failed.
std::string progress_text(const internal::SweepRun& run, size_t runs);

/// The runs from the best to the worst with their validation figures, and why some failed. At most
/// 80 columns wide: settings that need more stand below the table.
std::string ranked_text(const std::vector<internal::SweepRun>& ranked);

/// {"model": …, "runs": [{"run": 3, "settings": {…}, "validation": {…}, …}]}, the best run first.
Json ranked_json(const SweepArguments& arguments, const std::vector<internal::SweepRun>& ranked);

}  // namespace autonet::cli
