// autonet data info: all that is known of a data set.
#include "cli/data_info.h"

#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/data_files.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/wrap.h"

namespace autonet::cli {
namespace {

using internal::DatasetFile;
using internal::DatasetInfo;
using text::concat;

struct Options {
  std::string name;
  std::string data_dir;
  bool json = false;
};

/// The words in lines of 80 columns, all but the first of which are indented so far. The first one
/// begins with `start`, which fills the columns of the indentation.
std::string line(const std::string& start, const std::string& value, size_t indent) {
  // Wrapping removes blanks at the start, so that something has to stand there meanwhile.
  const std::string lines =
      text::wrapped(std::string(indent, '.') + value, 79, std::string(indent, ' '));
  return start + std::string(indent - start.size(), ' ') + lines.substr(indent) + "\n";
}

/// "training   7,291"
std::string line(const std::string& label, const std::string& value) {
  return line(label, value, 11);
}

std::string files_text(const DatasetInfo& info, const FoundSet& found) {
  std::string text = "files\n";
  for (size_t i = 0; i < info.files.size(); ++i) {
    const DatasetFile& file = info.files[i];
    const std::string bytes =
        file.bytes > 0 ? text::with_commas(file.bytes) + " bytes" : "size not published";
    text += concat("  ", published_name(file), ": ", bytes, "\n");
    text += "    sha256 " + (file.sha256.empty() ? "not published" : file.sha256) + "\n";
    text += line("", state_text(found.files[i]), 4);
  }
  if (info.archive) {
    text += concat("  published in ", published_name(*info.archive), ": ",
                   text::with_commas(info.archive->bytes), " bytes\n    sha256 ",
                   info.archive->sha256, "\n");
  }
  return text;
}

std::string text_of(const DatasetInfo& info, const FoundSet& found) {
  const Shape& image = info.image;
  std::string text = info.name + ": " + info.title + "\n\n";
  text += line("images", concat(image[0], " x ", image[1], ", ", text::counted(image[2], "channel"),
                                ", numbers from ", info.low, " to ", info.high));
  text += line("training", text::with_commas(info.train_count));
  text += line("test", text::with_commas(info.test_count));
  text += line("classes", concat(info.classes(), ": ", text::joined(info.class_names, ", ")));
  text += line("source", info.source);
  text += line("licence", info.licence);
  if (!info.citation.empty()) text += line("cite", info.citation);
  text += line("found", found.folder.empty() ? found.state() : found.folder);
  if (info.files.empty()) return text;
  text += files_text(info, found);
  const std::string state = found.state();
  if (state == "found") return text;
  if (info.servers.empty()) return text + (found.report.empty() ? "" : "\n" + found.report + "\n");
  return text + "\nTo download it: " + command_line("data fetch " + info.name) + "\n";
}

Json json_of(const DatasetInfo& info, const FoundSet& found) {
  Json json = {{"name", info.name},
               {"title", info.title},
               {"image", to_json(info.image)},
               {"low", info.low},
               {"high", info.high},
               {"train", info.train_count},
               {"test", info.test_count},
               {"classes", info.class_names},
               {"source", info.source},
               {"licence", info.licence},
               {"citation", info.citation.empty() ? Json(nullptr) : Json(info.citation)},
               {"servers", info.servers},
               {"archive", nullptr},
               {"state", found.state()},
               {"folder", found.folder.empty() ? Json(nullptr) : Json(found.folder)},
               {"files", to_json(info, found)}};
  if (info.archive) {
    json["archive"] = {{"name", published_name(*info.archive)},
                       {"bytes", info.archive->bytes},
                       {"sha256", info.archive->sha256}};
  }
  return json;
}

ExitStatus run(const Options& options, Console& console) {
  const DatasetInfo& info = internal::find_dataset(options.name);
  const FoundSet found = find_files(info, {options.data_dir});
  console.print(options.json ? indented(json_of(info, found)) : text_of(info, found));
  return ExitStatus::good;
}

}  // namespace

void add_data_info(CLI::App& data, Action& action) {
  auto [command, options] =
      add_command(data, action, "info", "Print all that is known of a data set", run);
  command.add_option("NAME", options.name, "The data set")->required()->type_name("");
  add_data_dir(command, options.data_dir);
  add_json(command, options.json);
  command.footer(
      "Compares the files that are found with the published sizes and SHA-256.\n\n"
      "Example:\n"
      "  autonet data info usps");
}

}  // namespace autonet::cli
