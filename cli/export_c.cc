#include "cli/export_c.h"

#include <filesystem>
#include <system_error>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "train/atomic_file.h"
#include "train/prepare_batch.h"

namespace autonet::cli {
namespace {

/// The first inputs of the training data, from which the ranges of the activations are taken.
Array calibration_inputs(const ExportC& c, const Model& model) {
  const Splits data = load_data(model, {c.data_dir});
  const Index count = std::min(c.calibration, data.train.count());
  internal::PreparedBatch batch = internal::empty_batch(model, count, Model::Mode::evaluation);
  std::vector<Index> indices;
  for (Index i = 0; i < count; ++i) indices.push_back(i);
  Context context;
  internal::prepare_batch(model, context, data.train, indices, std::nullopt, batch);
  return batch.inputs;
}

}  // namespace

void add_c_options(CLI::App& command, ExportC& c) {
  CLI::Option* const folder =
      command.add_option("--c", c.folder, "Write C99 source files into this folder")
          ->type_name("FOLDER");
  CLI::Option* const train =
      command.add_flag("--train", c.options.train, "With --c: the training step too")
          ->needs(folder);
  add_number(command, "--batch", c.options.batch, 1, 65536,
             "With --train: examples of a training step (default: 1)")
      ->needs(train);
  CLI::Option* const int8 =
      command
          .add_flag("--int8", c.options.int8,
                    "With --c: weights and activations in 8 bits, for prediction only")
          ->needs(folder)
          ->excludes(train);
  add_number(command, "--calibration", c.calibration, 1, 1000000,
             "With --int8: training examples from which the ranges of the activations are taken "
             "(default: 500)")
      ->needs(int8);
  add_data_dir(command, c.data_dir);
  add_json(command, c.json)->needs(folder);
}

void check_export(const ExportC& c) {
  std::error_code error;
  if (std::filesystem::exists(c.folder, error) && !std::filesystem::is_directory(c.folder, error)) {
    throw DataError(text::concat("--c: ", c.folder, " is not a folder"));
  }
}

ExitStatus export_c(const ExportC& c, const Model& model, const Weights& weights,
                    const std::string& source, Console& console) {
  CSourceOptions options = c.options;
  if (options.int8) options.calibration = calibration_inputs(c, model);
  const CSource code = to_c_source(model, weights, options);
  std::error_code error;
  std::filesystem::create_directories(c.folder, error);
  if (error) {
    throw DataError(
        text::concat("making the folder ", c.folder, " for C files: ", error.message()));
  }
  Json files = Json::array();
  std::string names;
  for (const CSourceFile& file : code.files) {
    const std::string path = (std::filesystem::path(c.folder) / file.name).string();
    internal::write_atomically(path, file.text);
    files.push_back(path);
    names += text::concat("  ", path, "\n");
  }
  if (c.json) {
    console.print(one_line({{"model", model.name()},
                            {"files", files},
                            {"name", code.name},
                            {"memory_bytes", code.memory_bytes},
                            {"constant_bytes", code.constant_bytes}}));
    return ExitStatus::good;
  }
  console.print(text::concat(
      model.name(), " with ", source, " as C99:\n", names, "It writes to ",
      text::with_commas(static_cast<Index>(code.memory_bytes)), " bytes of static memory",
      options.train ? ", weights included" : "", ", and reads ",
      text::with_commas(static_cast<Index>(code.constant_bytes)), " bytes of constants.\n"));
  return ExitStatus::good;
}

}  // namespace autonet::cli
