// autonet data list: the data sets that the program can read, where it finds them, and whether
// their files are as published.
#include "cli/called.h"
#include "cli/command.h"
#include "cli/data_fetch.h"
#include "cli/data_files.h"
#include "cli/data_info.h"
#include "cli/data_show.h"
#include "cli/json.h"
#include "cli/shared_options.h"
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

ExitStatus run(const Options& options, Console& console) {
  const DataPaths paths{options.data_dir};
  auto json = Json::array();
  text::Table table({"data set", "image", "classes", "training", "test", "files"});
  table.align_left({1, 5});
  std::string missing;
  std::string damages;
  if (!options.name.empty()) internal::find_dataset(options.name);  // throws if there is none
  for (const DatasetInfo& info : internal::dataset_table()) {
    if (!options.name.empty() && info.name != options.name) continue;
    const FoundSet found = find_files(info, paths);
    const bool built_in = info.files.empty();
    const std::string state = found.state();
    table.add({info.name, info.image.str(), text::with_commas(info.classes()),
               text::with_commas(info.train_count), text::with_commas(info.test_count),
               state == "found" ? "found in " + found.folder : state});
    if (!found.report.empty()) missing = "\n" + found.report + "\n";
    damages += found.damages();
    json.push_back({{"name", info.name},
                    {"title", info.title},
                    {"image", to_json(info.image)},
                    {"classes", info.class_names},
                    {"train", info.train_count},
                    {"test", info.test_count},
                    {"state", state},
                    {"found", built_in               ? Json("built in")
                              : found.folder.empty() ? Json(nullptr)
                                                     : Json(found.folder)},
                    {"files", to_json(info, found)}});
  }
  if (options.json) {
    console.print(indented(json));
    return ExitStatus::good;
  }
  std::string roots;
  for (const std::string& root : internal::data_roots(paths)) roots += "  " + root + "\n";
  if (options.name.empty() && !missing.empty()) {
    missing = "\nTo download a missing data set: " + command_line("data fetch NAME") +
              "\nTo see where it comes from:     " + command_line("data info NAME") + "\n";
  }
  if (!damages.empty()) damages = "\n" + damages;
  console.print("Looked for in:\n" + roots + "\n" + table.text() + damages + missing);
  return ExitStatus::good;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  CLI::App* data = program.add_subcommand(
      "data", "List, describe and download data sets, and show their images");
  data->require_subcommand(1);
  data->footer("Examples:\n  autonet data list\n  autonet data fetch usps");
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
  add_data_info(*data, action);
  add_data_fetch(*data, action);
  add_data_show(*data, action);
}

}  // namespace autonet::cli
