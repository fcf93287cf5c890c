#include "cli/export_onnx.h"

#include "autonet/exchange/onnx_graph.h"
#include "autonet/text/concat.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "train/atomic_file.h"

namespace autonet::cli {

void add_onnx_options(CLI::App& command, ExportOnnx& onnx) {
  add_file(command, "--onnx", onnx.path, "Write an ONNX file");
  add_number(command, "--opset", onnx.options.opset, 13, 23, "Version of ONNX's operators");
  command.add_flag("--channels-first", onnx.options.channels_first,
                   "Input [N,channels,rows,columns], not [N,rows,columns,channels]");
  command.add_flag("--logits", onnx.options.logits,
                   "Output of the last layer, not the probabilities of the classes");
}

void check_export(const ExportOnnx& onnx, const Model& model, const std::string& checkpoint) {
  check_separate(
      {{"the model", model.file(), false},
       {"the checkpoint", checkpoint.empty() ? model.checkpoint_path() : checkpoint, false},
       {"--onnx", onnx.path}});
  internal::check_writable(onnx.path);
}

ExitStatus export_onnx(const ExportOnnx& onnx, const Model& model, const Weights& weights,
                       const std::string& source, Console& console) {
  const std::string bytes = to_onnx(model, weights, onnx.options);
  const OnnxGraph graph = OnnxGraph::parse(bytes, onnx.path);
  Index nodes = 0;
  for (const auto& [name, count] : graph.operators()) nodes += count;
  internal::write_atomically(onnx.path, bytes);
  console.note(text::concat("Wrote ", onnx.path, ": ", model.name(), " with ", source, ", ",
                            text::counted(nodes, "node"), ", opset ", graph.opset(), ", ",
                            text::with_commas(static_cast<Index>(bytes.size())), " bytes; input ",
                            graph.inputs()[0].str(), ", output ", graph.outputs()[0].str(), "\n"));
  return ExitStatus::good;
}

}  // namespace autonet::cli
