// autonet data list: the data sets that the program can read, and where it finds them.
#include "autonet/autograd/error.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/data_show.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "data/locate.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using internal::DatasetInfo;

struct Options {
  std::string name;
  std::string data_dir;
  bool json = false;
};

struct Search {
  std::string folder;  // of the data set's files; empty if they were not found
  std::string report;  // if not found: where it was searched, and where to get it
};

Search search(const DatasetInfo& info, const DataPaths& paths) {
  if (info.files.empty()) return {.folder = "built in", .report = ""};
  try {
    const std::string first = internal::locate(info, paths).front();
    return {.folder = first.substr(0, first.rfind('/')), .report = ""};
  } catch (const DataError& error) {
    return {.folder = "", .report = error.what()};
  }
}

ExitStatus run(const Options& options, Console& console) {
  const DataPaths paths{options.data_dir};
  auto json = Json::array();
  text::Table table({"data set", "image", "classes", "training", "test", "found in"});
  table.align_left({1, 5});
  std::string missing;
  if (!options.name.empty()) internal::find_dataset(options.name);  // throws if there is none
  for (const DatasetInfo& info : internal::dataset_table()) {
    if (!options.name.empty() && info.name != options.name) continue;
    const auto [folder, report] = search(info, paths);
    table.add({info.name, info.image.str(), text::with_commas(info.classes()),
               text::with_commas(info.train_count), text::with_commas(info.test_count),
               folder.empty() ? "not found" : folder});
    if (folder.empty()) missing = "\n" + report + "\n";
    json.push_back({{"name", info.name},
                    {"title", info.title},
                    {"image", to_json(info.image)},
                    {"classes", info.class_names},
                    {"train", info.train_count},
                    {"test", info.test_count},
                    {"found", folder.empty() ? Json(nullptr) : Json(folder)}});
  }
  if (options.json) {
    console.print(indented(json));
    return ExitStatus::good;
  }
  std::string roots;
  for (const std::string& root : internal::data_roots(paths)) roots += "  " + root + "\n";
  if (options.name.empty() && !missing.empty())
    missing = "\nTo see where to get a missing data set: " + command_line("data list NAME") + "\n";
  console.print("Looked for in:\n" + roots + "\n" + table.text() + missing);
  return ExitStatus::good;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  CLI::App* data = program.add_subcommand("data", "List the data sets, and show their images");
  data->require_subcommand(1);
  data->footer("Example:\n  autonet data list");
  auto [command, options] =
      add_command(*data, action, "list", "List the data sets and where they are found", run);
  command.add_option("NAME", options.name, "List only this data set, and say where to get it")
      ->type_name("");
  add_data_dir(command, options.data_dir);
  add_json(command, options.json);
  command.footer(
      "Examples:\n"
      "  autonet data list\n"
      "  autonet data list usps --data-dir ~/data");
  add_data_show(*data, action);
}

}  // namespace autonet::cli
