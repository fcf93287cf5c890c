#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "autonet/exchange/from_onnx.h"
#include "cli/console.h"
#include "cli/exit_status.h"

namespace autonet::cli {

/// The options of `import --model`.
struct ImportModel {
  std::string path;
  std::string weights;
  std::string input;
  OnnxImportOptions options;
};

void add_import_model_options(CLI::App& command, ImportModel& choice);

/// Throws before any work if the files cannot be written or the options do not go together. Sets
/// the name of the file of weights. `file` is the ONNX file.
void check_import_model(ImportModel& choice, const std::string& file);

/// Writes the model and its weights and says what they hold.
ExitStatus import_model(const ImportModel& choice, const OnnxGraph& graph, const std::string& file,
                        bool as_json, Console& console);

}  // namespace autonet::cli
