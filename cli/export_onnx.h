#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "autonet/exchange/to_onnx.h"
#include "cli/console.h"
#include "cli/exit_status.h"

namespace autonet::cli {

/// The options of `export --onnx`.
struct ExportOnnx {
  std::string path;
  OnnxOptions options;
};

void add_onnx_options(CLI::App& command, ExportOnnx& onnx);

/// Throws before any work if the file cannot be written or is one that is read.
void check_export(const ExportOnnx& onnx, const Model& model, const std::string& checkpoint);

/// Writes the file and says what it holds. `source` names the weights.
ExitStatus export_onnx(const ExportOnnx& onnx, const Model& model, const Weights& weights,
                       const std::string& source, Console& console);

}  // namespace autonet::cli
