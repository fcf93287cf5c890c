// autonet weights convert: weights to and from the names and layouts of PyTorch.
#include "autonet/train/weights.h"
#include "autonet/autograd/error.h"
#include "autonet/exchange/pytorch_weights.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string to;
  std::string from;
  std::string out;
  std::vector<std::string> modules;
};

/// The pairs that --module LAYER=MODULE gives.
std::vector<std::pair<std::string, std::string>> modules_of(const Options& options) {
  std::vector<std::pair<std::string, std::string>> modules;
  for (const std::string& text : options.modules) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ModelError("--module: expected LAYER=MODULE, got \"" + text + "\"");
    modules.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return modules;
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  check_checkpoint_name(options.out);
  const bool to_theirs = options.to == "pytorch";
  if (to_theirs && !options.modules.empty())
    throw ModelError("--module is for --to autonet; PyTorch's modules get the layers' names");
  if (!to_theirs && options.from.empty())
    throw ModelError("--to autonet: name the file with PyTorch's weights with --from FILE");
  const std::string from = to_theirs ? checkpoint_of(model, options.from) : options.from;
  check_separate(
      {{"the model", model.file(), false}, {"--from", from, false}, {"--out", options.out}});
  internal::check_writable(options.out);
  size_t arrays = 0;
  if (to_theirs) {
    const ArrayFile file = to_pytorch(model, weights_of(model, from));
    save_arrays(options.out, file);
    arrays = file.arrays.size();
  } else {
    const Weights weights = from_pytorch(model, load_arrays(from), from, modules_of(options));
    save_weights(model, weights, options.out);
    arrays = weights.parameters.size() + weights.states.size();
  }
  console.note(text::concat("Wrote ", options.out, ": ",
                            text::counted(static_cast<Index>(arrays), "array"), " of ", from,
                            to_theirs ? " in PyTorch's names and layouts\n" : "\n"));
  if (!to_theirs) {
    console.note(text::concat(
        "To measure it: ",
        command_line("evaluate " + model.file() + " --checkpoint " + options.out), "\n"));
  }
  return ExitStatus::good;
}

}  // namespace

void add_weights(CLI::App& program, Action& action) {
  CLI::App* weights = program.add_subcommand("weights", "Convert weights to and from PyTorch");
  weights->require_subcommand(1);
  weights->footer(
      "Example:\n  autonet weights convert net.json --to pytorch --out net.safetensors");
  auto [command, options] =
      add_command(*weights, action, "convert",
                  "Convert weights to and from the names and layouts of PyTorch", run);
  add_model(command, options.model);
  command.add_option("--to", options.to, "pytorch or autonet: whose names and layouts to write")
      ->check(CLI::IsMember({"pytorch", "autonet"}))
      ->type_name("WHOSE")
      ->required();
  add_file(command, "--from", options.from,
           "The weights to read (--to pytorch: by default the model's checkpoint)");
  add_file(command, "--out", options.out, "The file to write, .safetensors or .npz")->required();
  command
      .add_option("--module", options.modules,
                  "The module of PyTorch that a layer is, such as conv_1=features.0; may be "
                  "repeated. By default, the one of the layer's name, or else modules in order")
      ->type_name("LAYER=MODULE")
      ->expected(1)
      ->take_all();
  command.footer(
      "Examples:\n"
      "  autonet weights convert models/convnet1.json --to pytorch --out convnet1.safetensors\n"
      "  autonet weights convert net.json --to autonet --from torch.safetensors --out net.npz");
}

}  // namespace autonet::cli
