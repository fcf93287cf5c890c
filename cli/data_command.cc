// autonet data list: the data sets that the program knows, and where it finds them.
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

#include "autograd/error.h"
#include "cli/command.h"
#include "cli/shared_options.h"
#include "data/locate.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet {
namespace {

using internal::DatasetInfo;

struct Options {
  std::string name;
  std::string data_dir;
  bool json = false;
};

struct Found {
  std::string where;  // the folder of its files; empty if they were not found
  std::string why;    // then: what the search says
};

Found find(const DatasetInfo& info, const DataPaths& paths) {
  if (info.files.empty()) return {"built in", ""};
  try {
    const std::string first = internal::locate(info, paths).front();
    return {first.substr(0, first.rfind('/')), ""};
  } catch (const DataError& error) {
    return {"", error.what()};
  }
}

Exit run(const Options& options, Console& console) {
  const DataPaths paths{options.data_dir};
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  text::Table table({"data set", "image", "classes", "training", "test", "found in"});
  table.align_left({1, 5});
  std::string missing;
  if (!options.name.empty()) internal::find_dataset(options.name);  // throws if there is none
  for (const DatasetInfo& info : internal::dataset_table()) {
    if (!options.name.empty() && info.name != options.name) continue;
    const Found found = find(info, paths);
    table.add({info.name, info.image.str(), std::to_string(info.classes()),
               text::with_commas(info.train_count), text::with_commas(info.test_count),
               found.where.empty() ? "not found" : found.where});
    if (found.where.empty()) missing = "\n" + found.why + "\n";
    json.push_back({{"name", info.name},
                    {"title", info.title},
                    {"image", info.image.lengths()},
                    {"classes", info.class_names},
                    {"train", info.train_count},
                    {"test", info.test_count},
                    {"found", found.where.empty() ? nlohmann::ordered_json(nullptr)
                                                  : nlohmann::ordered_json(found.where)}});
  }
  if (options.json) {
    console.print(json.dump(2) + "\n");
    return Exit::good;
  }
  std::string text = "Looked for in:\n";
  for (const std::string& root : internal::data_roots(paths)) text += "  " + root + "\n";
  if (options.name.empty() && !missing.empty())
    missing = "\nWhere to get one that is not found: autonet data list NAME\n";
  console.print(text + "\n" + table.text() + missing);
  return Exit::good;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  CLI::App* data = program.add_subcommand("data", "Show the data sets: data list");
  data->require_subcommand(1);
  data->footer("Example:\n  autonet data list");
  CLI::App* list = data->add_subcommand("list", "List the data sets and where they are found");
  auto options = std::make_shared<Options>();
  list->add_option("NAME", options->name, "Only this one, and where to get its files")
      ->type_name("");
  add_data_dir(*list, options->data_dir);
  add_json(*list, options->json);
  list->footer(
      "Examples:\n"
      "  autonet data list\n"
      "  autonet data list usps --data-dir ~/data");
  list->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
