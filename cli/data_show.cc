// autonet data show: a picture with examples of each class of a data set.
#include "cli/data_show.h"

#include "autonet/text/concat.h"
#include "cli/contact_sheet.h"
#include "cli/shared_options.h"
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

ExitStatus run(const Options& options, Console& console) {
  const internal::DatasetInfo& info = internal::find_dataset(options.name);
  const std::string path = options.out.empty() ? info.name + ".png" : options.out;
  internal::check_writable(path);
  DataSpec spec;
  spec.dataset = info.name;
  spec.validation = 0;
  const Splits data = load_splits(spec, {options.data_dir});
  const PixelRange range = pixel_range(spec, data, data.train.x);
  const std::vector<double> labels = data.train.y.numbers().to_vector();

  const Index classes = std::min(info.classes(), kMostRows);
  std::vector<Labelled> sheet(static_cast<size_t>(classes * kExamples));
  std::vector<Index> found(static_cast<size_t>(classes));
  for (Index k = 0; k < classes; ++k)
    sheet[static_cast<size_t>(k * kExamples)].lines = {info.class_names[static_cast<size_t>(k)]};
  for (Index n = 0; n < data.train.count(); ++n) {
    const auto k = static_cast<Index>(labels[static_cast<size_t>(n)]);
    if (k >= classes) continue;
    Index& count = found[static_cast<size_t>(k)];
    if (count == kExamples) continue;
    sheet[static_cast<size_t>(k * kExamples + count++)].picture =
        picture_of(data.train.x, n, range);
  }
  write_png(path, contact_sheet(sheet, kExamples));
  console.print(text::concat("Wrote ", path, ": the first ", kExamples,
                             " training images of each class of ", info.title, "\n"));
  return ExitStatus::good;
}

}  // namespace

void add_data_show(CLI::App& data, Action& action) {
  auto [command, options] =
      add_command(data, action, "show", "Write a picture with examples of each class", run);
  command.add_option("NAME", options.name, "The data set")->required()->type_name("");
  add_file(command, "--out", options.out, "File for the picture, a PNG (default: NAME.png)");
  add_data_dir(command, options.data_dir);
  command.footer(
      "Example:\n"
      "  autonet data show digits --out digits.png");
}

}  // namespace autonet::cli
