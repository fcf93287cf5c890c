#pragma once

#include <optional>
#include <string>
#include <vector>

#include "autonet/train/fit.h"
#include "cli/fit_views.h"
#include "cli/shared_options.h"

namespace autonet::cli {

/// The arguments of fit.
struct FitArguments {
  ModelChoice model;
  std::string data_dir;
  std::optional<int> threads;
  std::string instructions;  // empty: the best of the machine
  std::optional<std::uint64_t> seed;
  std::optional<Index> epochs;
  std::string checkpoint;
  bool resume = false;
  bool overwrite = false;
  std::string init_from;
  std::vector<std::string> init_except;
  std::string log;
  FitViewOptions views;
  bool json = false;
  bool quiet = false;
  bool no_train_figures = false;
  int ranks = 1;  // the processes that train together
};

/// The command line with all arguments as they were given.
std::string started_by(const FitArguments& arguments);
/// The command line that continues a saved run: the same with --resume, without the arguments that
/// a resumed run does not take.
std::string continued_by(const FitArguments& arguments);

/// What is trained, on what, and which file it replaces. `path` is the checkpoint, or empty.
std::string start_text(const FitArguments& arguments, const Model& model, const std::string& path,
                       Index examples);
/// For a run of several processes: what is said as soon as one of them is asked to end. mpirun may
/// not pass on what is written later.
std::string ending_text(const FitArguments& arguments);
/// What a stopped run has left, and how to go on.
std::string interrupted_text(const FitArguments& arguments, const std::string& path,
                             const Trained& result);
/// That a run which was to be resumed is finished, and how to train longer.
std::string finished_text(const FitArguments& arguments, const Model& model,
                          const std::string& path, const Trained& result);
/// "m, weights of epoch 5 of 8, the best on validation".
std::string outcome_text(const Model& model, const Trained& result);
/// Commands to try next.
std::string next_text(const Model& model, const std::string& path, const std::string& data_dir);

/// The last epoch that was trained, 0 if none was.
Index last_epoch(const Trained& result);

}  // namespace autonet::cli
