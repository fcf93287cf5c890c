#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/context.h"
#include "cli/shared_options.h"

namespace autonet::cli {

/// The arguments of check-grad.
struct CheckGradArguments {
  ModelChoice model;
  std::string checkpoint;
  std::string mode = "fast";
  std::optional<Index> max_elements;
  int order = 1;
  std::string data = "random";
  std::string data_dir;
  Index burn_in = 0;
  Index batch = 3;
  std::uint64_t seed = 1;
  double rtol = 1e-6;
  double atol = 1e-9;
  std::vector<std::string> only;
  std::optional<std::string> plant;
  bool plant_error = false;
  bool self_test = false;
  bool verbose = false;
  bool quiet = false;
  int threads = hardware_threads();
  std::string junit;
  bool json = false;
};

/// N of the mode "sample=N"; nothing for other modes.
std::optional<Index> sample_size(const std::string& mode);

/// Adds the options of check-grad to its command, with checks of their values.
void add_check_grad_options(CLI::App& command, CheckGradArguments& options);

}  // namespace autonet::cli
