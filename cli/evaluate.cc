// autonet evaluate: loss and accuracy of a checkpoint.
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/confusion.h"
#include "cli/contact_sheet.h"
#include "cli/json.h"
#include "cli/results.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "train/atomic_file.h"
#include "train/run_state.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string checkpoint;
  std::string data_dir;
  int threads = hardware_threads();
  std::string mistakes;
  ImageViews views;
  bool json = false;
};

constexpr size_t kMostOnSheet = 60;  // mistakes

/// Writes the contact sheet of --mistakes and returns what to say about it.
std::string write_mistakes(const std::string& path, const Model& model, const Splits& data,
                           const Judgement& judgement) {
  const Examples examples = judged_part(data).examples;
  const size_t count = std::min(judgement.mistakes.size(), kMostOnSheet);
  if (count == 0) {
    return text::concat("No mistake among the ", judgement.part, " examples: ", path,
                        " was not written.\n");
  }
  const PixelRange range = pixel_range(model.data(), data, examples);
  const auto name = [&](Index k) { return judgement.names[static_cast<size_t>(k)]; };
  std::vector<Labelled> pictures;
  for (const Mistake& mistake : std::span(judgement.mistakes).first(count)) {
    const std::string truth = name(mistake.truth);
    const std::string predicted = "> " + name(mistake.predicted);
    const bool one_line = truth.size() + predicted.size() <= 5;
    pictures.push_back({.picture = picture_of(examples, mistake.example, range),
                        .lines = one_line ? std::vector{text::concat(truth, " ", predicted)}
                                          : std::vector{truth, predicted}});
  }
  write_png(path, contact_sheet(pictures, std::min<Index>(10, std::ssize(pictures))));
  return text::concat("Wrote ", path, ": the ", count, " most wrong of ",
                      text::counted(std::ssize(judgement.mistakes), "mistake"), " on the ",
                      judgement.part, " images; below each its class > the predicted one.\n");
}

/// Throws before any work if --mistakes cannot be done.
void check_mistakes(const std::string& path, const Model& model) {
  if (path.empty()) return;
  if (model.classes() == 0 || model.input_shape().rank() != 3) {
    throw ModelError(text::concat("--mistakes: ", model.name(), " reads inputs ",
                                  model.input_shape(), " and has ", model.classes(),
                                  " classes; it needs images, [rows,columns,channels], and "
                                  "classes"));
  }
  internal::check_writable(path);
}

/// ", averaged over 2 views of each image"; empty for the image alone.
std::string averaged_text(const ImageViews& views) {
  if (views.count() == 1) return "";
  return text::concat(", averaged over ", views.count(), " views of each image");
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  internal::check_views(model, options.views, "--average");
  check_mistakes(options.mistakes, model);
  const std::string path = checkpoint_of(model, options.checkpoint);
  check_separate({{"the model", model.file(), false},
                  {"the checkpoint", path, false},
                  {"the file of the run", internal::run_file_of(path), false},
                  {"--mistakes", options.mistakes}});
  const Weights weights = weights_of(model, path);
  const Splits data = load_data(model, {options.data_dir});
  Context context(options.threads);
  const Results results = results_of(model, data, weights, context, options.views);
  check_finite(model, results, path);
  std::optional<Judgement> judgement;
  if (model.classes() > 0) {
    judgement = judge(model, data, judged_part(data), weights, context, options.views);
  }
  const std::vector<std::string> averaged = average_words(options.views);
  if (options.json) {
    Json json = to_json(model, results);
    if (judgement) json["classes"] = to_json(*judgement);
    if (!averaged.empty()) json["average"] = averaged;
    console.print(one_line(json));
  } else {
    console.print(text::concat(model.name(), ", weights of ", path, averaged_text(options.views),
                               "\n", table_text(model, results, data),
                               judgement ? "\n" + confusion_text(*judgement) : ""));
  }
  if (!options.mistakes.empty())
    console.note(write_mistakes(options.mistakes, model, data, *judgement));
  return ExitStatus::good;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& action) {
  auto [command, options] = add_command(
      program, action, "evaluate", "Show loss, accuracy and confusions of a trained model", run);
  add_model(command, options.model);
  add_file(command, "--checkpoint", options.checkpoint,
           "Weights, .npz or .safetensors (default: the model's checkpoint)");
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  add_file(command, "--mistakes", options.mistakes,
           "Write a PNG of the most wrong images, with the true and the predicted class");
  add_average(command, options.views);
  add_json(command, options.json);
  command.footer(
      "Examples:\n"
      "  autonet evaluate models/quickstart.json\n"
      "  autonet evaluate models/quickstart.json --mistakes mistakes.png\n"
      "  autonet evaluate models/quickstart.json --average shift\n"
      "  autonet evaluate models/convnet1.json --checkpoint other.npz --json");
}

}  // namespace autonet::cli
