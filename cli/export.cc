// autonet export: a trained model in a format that other programs read. The formats are in files of
// their own.
#include "autonet/autograd/error.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/export_c.h"
#include "cli/export_onnx.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string checkpoint;
  bool initial = false;
  ExportC c;
  ExportOnnx onnx;
};

/// The weights that are written: those of a checkpoint, or the initial ones.
Weights chosen_weights(const Options& options, const Model& model, std::string& source) {
  if (options.initial) {
    source = "its initial weights";
    return model.initial_weights(model.training().precision, model.training().seed);
  }
  const std::string path = checkpoint_of(model, options.checkpoint);
  source = "the weights of " + path;
  return weights_of(model, path);
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  if (options.onnx.path.empty() == options.c.folder.empty()) {
    throw ModelError("export: name what to write with --onnx FILE or --c FOLDER");
  }
  const bool onnx = !options.onnx.path.empty();
  if (onnx) {
    check_export(options.onnx, model, options.checkpoint);
  } else {
    check_export(options.c);
  }
  std::string source;
  const Weights weights = chosen_weights(options, model, source);
  return onnx ? export_onnx(options.onnx, model, weights, source, console)
              : export_c(options.c, model, weights, source, console);
}

}  // namespace

void add_export(CLI::App& program, Action& action) {
  auto [command, options] = add_command(program, action, "export",
                                        "Write a trained model as a file for other programs", run);
  add_model(command, options.model);
  add_onnx_options(command, options.onnx);
  add_c_options(command, options.c);
  auto* checkpoint = add_file(command, "--checkpoint", options.checkpoint,
                              "Weights, .npz or .safetensors (default: the model's checkpoint)");
  command
      .add_flag("--initial", options.initial, "Write the initial weights instead of trained ones")
      ->excludes(checkpoint);
  command.footer(
      "An ONNX file is read by onnxruntime, PyTorch, OpenVINO and others, and by autonet import. "
      "C99 source needs no library and no allocation, for microcontrollers.\n\n"
      "Examples:\n"
      "  autonet export models/quickstart.json --onnx quickstart.onnx\n"
      "  autonet export models/quickstart.json --onnx quickstart.onnx --channels-first --logits\n"
      "  autonet export models/quickstart.json --c quickstart_c\n"
      "  autonet export models/net_1layer.json --c net_c --train --batch 10");
}

}  // namespace autonet::cli
