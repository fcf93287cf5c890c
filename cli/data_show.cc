// autonet data show: a picture with examples of each class of a data set.
#include "cli/data_show.h"

#include <algorithm>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/contact_sheet.h"
#include "cli/judgement.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "data/table.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

constexpr Index kExamples = 12;   // of each class, at first
constexpr Index kMostRows = 100;  // classes that are shown

struct Options {
  std::string name;
  std::string out;
  std::string data_dir;
};

/// The data that are shown, and what they are called.
struct Shown {
  std::string name;   // of the picture without its ending
  std::string title;  // in the message
  std::vector<std::string> class_names;
  DataSpec spec;
  Splits data;
};

/// The data of a model, which may be files of one's own.
Shown of_model(const Options& options) {
  const Model model = load_model(options.name);
  if (model.classes() == 0 || model.input_shape().rank() != 3) {
    throw ModelError(text::concat("data show: ", model.name(), " reads inputs ",
                                  model.input_shape(), " and has ", model.classes(),
                                  " classes; it needs images, [rows,columns,channels], and "
                                  "classes"));
  }
  Splits data = load_data(model, {options.data_dir});
  std::vector<std::string> names = class_names_of(model, data);
  return {model.name(), data_name(model), std::move(names), model.data(), std::move(data)};
}

Shown of_dataset(const Options& options) {
  const internal::DatasetInfo& info = internal::find_dataset(options.name);
  DataSpec spec;
  spec.dataset = info.name;
  spec.validation = 0;
  return {info.name, info.title, info.class_names, spec, load_splits(spec, {options.data_dir})};
}

/// A row of pictures for each class that has any.
std::vector<Labelled> sheet_of(const Shown& shown) {
  const Examples& train = shown.data.train;
  const PixelRange range = pixel_range(shown.spec, shown.data, train);
  const std::vector<double> labels = internal::targets_of(train);
  const Index classes = std::min<Index>(std::ssize(shown.class_names), kMostRows);
  std::vector<std::vector<Labelled>> rows(static_cast<size_t>(classes));
  for (Index n = 0; n < train.count(); ++n) {
    const auto k = static_cast<Index>(labels[static_cast<size_t>(n)]);
    if (k < 0 || k >= classes) continue;
    std::vector<Labelled>& row = rows[static_cast<size_t>(k)];
    if (std::ssize(row) == kExamples) continue;
    row.push_back({.picture = picture_of(train, n, range), .lines = {}});
    if (row.size() == 1) row[0].lines = {shown.class_names[static_cast<size_t>(k)]};
  }
  std::vector<Labelled> sheet;
  for (std::vector<Labelled>& row : rows) {
    if (row.empty()) continue;
    row.resize(kExamples);
    sheet.insert(sheet.end(), row.begin(), row.end());
  }
  return sheet;
}

ExitStatus run(const Options& options, Console& console) {
  const bool is_model = options.name.ends_with(".json");
  if (!is_model) internal::find_dataset(options.name);  // throws if there is none
  if (!options.out.empty()) internal::check_writable(options.out);
  const Shown shown = is_model ? of_model(options) : of_dataset(options);
  const std::string path = options.out.empty() ? shown.name + ".png" : options.out;
  write_png(path, contact_sheet(sheet_of(shown), kExamples));
  console.print(text::concat("Wrote ", path, ": the first ", kExamples,
                             " training images of each class of ", shown.title, "\n"));
  return ExitStatus::good;
}

}  // namespace

void add_data_show(CLI::App& data, Action& action) {
  auto [command, options] =
      add_command(data, action, "show", "Write a picture with examples of each class", run);
  command.add_option("NAME", options.name, "The data set, or a model's JSON file for its data")
      ->required()
      ->type_name("");
  add_file(command, "--out", options.out, "File for the picture, a PNG (default: NAME.png)");
  add_data_dir(command, options.data_dir);
  command.footer(
      "Examples:\n"
      "  autonet data show digits --out digits.png\n"
      "  autonet data show my_model.json");
}

}  // namespace autonet::cli
