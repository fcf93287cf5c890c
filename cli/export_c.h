#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "autonet/exchange/c_source.h"
#include "cli/console.h"
#include "cli/exit_status.h"

namespace autonet::cli {

/// The options of `export --c`.
struct ExportC {
  std::string folder;
  CSourceOptions options;
  std::string data_dir;
  Index calibration = 500;  // images whose ranges are measured for --int8
  bool json = false;
};

void add_c_options(CLI::App& command, ExportC& c);

/// Throws before any work if options contradict each other.
void check_export(const ExportC& c);

/// Writes the files into the folder, which is made if need be, and prints their sizes. `source`
/// names the weights.
ExitStatus export_c(const ExportC& c, const Model& model, const Weights& weights,
                    const std::string& source, Console& console);

}  // namespace autonet::cli
