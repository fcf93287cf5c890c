// autonet data fetch: downloads the files of a data set.
#include "cli/data_fetch.h"

#include <chrono>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/data_files.h"
#include "cli/fetch_set.h"
#include "cli/shared_options.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

namespace fs = std::filesystem;
using internal::DatasetInfo;
using text::concat;

struct Options {
  std::string name;
  std::string data_dir;
  std::string url;
  int timeout = 30;
  bool offline = false;
  bool json = false;
};

/// Shows downloads on standard error: on a terminal a line that changes, elsewhere a line for each
/// event and one every ten seconds.
class Progress : public DownloadObserver {
 public:
  explicit Progress(Console& console) : console_(console) {}
  ~Progress() override { clear(); }

  void on_start(const std::string& url, Index resumed_at) override {
    clear();
    const std::string from =
        resumed_at > 0 ? concat(", from byte ", text::with_commas(resumed_at), " on") : "";
    console_.note("Downloading " + url + from + "\n");
    start_ = drawn_ = Clock::now();
    first_ = resumed_at;
  }
  void on_progress(Index done, Index total) override {
    using std::chrono::milliseconds;
    const auto now = Clock::now();
    if (now - drawn_ < milliseconds(console_.animated() ? 80 : 10'000)) return;
    drawn_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string line = "  " + text::bytes_text(done);
    if (total > 0) line += concat(" of ", text::bytes_text(total), ", ", 100 * done / total, " %");
    line += concat(", ", text::bytes_text(static_cast<double>(done - first_) / seconds), "/s");
    const bool moving = console_.animated();
    console_.note(moving ? "\r" + line + "\x1b[K" : line + "\n");
    shown_ = moving;
  }
  void on_problem(const std::string& url, const std::string& problem) override {
    clear();
    console_.note(concat("  ", url, ": ", problem, "\n"));
  }

 private:
  using Clock = std::chrono::steady_clock;
  void clear() {
    if (shown_) console_.note("\r\x1b[K");
    shown_ = false;
  }

  Console& console_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  Index first_ = 0;
  bool shown_ = false;
};

/// The folder that the files go to, which is made if it does not exist.
std::string target_folder(const Options& options, const DatasetInfo& info) {
  const std::string root = options.data_dir.empty() ? internal::cache_root() : options.data_dir;
  if (root.empty()) {
    throw DataError("cannot download " + info.name +
                    ": neither XDG_CACHE_HOME nor HOME is set; name a folder with --data-dir");
  }
  const fs::path folder = fs::path(root) / internal::folder_of(info);
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    throw DataError(concat("cannot make the folder ", folder.string(), ": ", problem.message()));
  return folder.string();
}

void check_servers(const Options& options, const DatasetInfo& info) {
  if (!info.servers.empty() || !options.url.empty()) return;
  throw DataError(concat("cannot download ", info.name, ": no server has its files; get it from ",
                         info.source, ", or name a server that has them with --url"));
}

Json json_of(const DatasetInfo& info, const std::string& folder) {
  return {{"name", info.name}, {"folder", folder}, {"files", Json::array()}};
}

/// The set that is found already, in words or as JSON.
ExitStatus nothing_to_do(const Options& options, const DatasetInfo& info, const FoundSet& found,
                         Console& console) {
  if (options.json) {
    Json json = json_of(info, found.folder);
    for (const FoundFile& file : found.files)
      json["files"].push_back({{"path", file.path}, {"from", nullptr}, {"resumed_at", 0}});
    console.print(indented(json));
  } else {
    const std::string where = found.files.empty() ? "is built in" : "is in " + found.folder;
    console.print(info.name + " " + where + "; there is nothing to download\n");
  }
  return ExitStatus::good;
}

ExitStatus run(const Options& options, Console& console) {
  const DatasetInfo& info = internal::find_dataset(options.name);
  const FoundSet found = find_files(info, {options.data_dir});
  // With --data-dir, a copy elsewhere does not count.
  const bool elsewhere =
      !options.data_dir.empty() &&
      fs::path(found.folder) != fs::path(options.data_dir) / internal::folder_of(info);
  const std::string state = found.state();
  if (state == "built in" || (state == "found" && !elsewhere))
    return nothing_to_do(options, info, found, console);
  if (options.offline) {
    throw DataError(state == "damaged" ? found.damages() + "with --offline nothing is downloaded"
                    : elsewhere ? info.name + " is not in " + options.data_dir + ", but in " +
                                      found.folder + "; with --offline nothing is downloaded"
                                : found.report + "\nwith --offline nothing is downloaded");
  }
  check_servers(options, info);
  check_can_download();
  const std::string folder = target_folder(options, info);
  std::vector<FetchedFile> files;
  {
    Progress progress(console);  // clears its line at the end
    const std::vector<std::string> servers =
        options.url.empty() ? info.servers : std::vector{options.url};
    files = fetch_set(info, {.folder = folder, .servers = servers, .timeout = options.timeout},
                      progress);
  }
  Json json = json_of(info, folder);
  for (const FetchedFile& file : files) {
    json["files"].push_back({{"path", file.path},
                             {"from", file.from.empty() ? Json(nullptr) : Json(file.from)},
                             {"resumed_at", file.resumed_at}});
  }
  if (options.json) {
    console.print(indented(json));
  } else {
    console.print(info.name + " is in " + folder + "\n");
  }
  if (state == "damaged" && found.folder != folder) {
    console.note(found.damages() + "This folder is searched first: remove the damaged files.\n");
  }
  return ExitStatus::good;
}

}  // namespace

void add_data_fetch(CLI::App& data, Action& action) {
  auto [command, options] =
      add_command(data, action, "fetch", "Download a data set and compare its check sums", run);
  command.add_option("NAME", options.name, "The data set")->required()->type_name("");
  command
      .add_option("--data-dir", options.data_dir,
                  "Folder in which a subfolder for the data set is made (default:\n"
                  "$XDG_CACHE_HOME/autonet or ~/.cache/autonet)")
      ->type_name("DIR");
  command
      .add_option("--url", options.url,
                  "Download from this address in place of the known servers; the file names\n"
                  "are appended to it")
      ->type_name("BASE");
  add_number(command, "--timeout", options.timeout, 1, 3600,
             "Seconds to wait for an answer, or for more of a file (default: 30)");
  command.add_flag("--offline", options.offline,
                   "Download nothing; fail unless all files are found");
  add_json(command, options.json);
  command.footer(
      "The publisher's server is tried first, then others that are known. Each file gets\n"
      "its name only after its size and SHA-256 were compared with the published ones.\n"
      "An interrupted download goes on where it ended when the command is repeated.\n"
      "Proxies are taken from http_proxy, https_proxy and no_proxy.\n\n"
      "Examples:\n"
      "  autonet data fetch mnist\n"
      "  autonet data fetch usps --data-dir ~/data\n"
      "  autonet data fetch mnist --url http://localhost:8000/mnist");
}

}  // namespace autonet::cli
