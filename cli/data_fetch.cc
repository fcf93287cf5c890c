// autonet data fetch: downloads the files of a data set.
#include "cli/data_fetch.h"

#include <chrono>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/data_files.h"
#include "cli/download.h"
#include "cli/shared_options.h"
#include "data/unpack_tar.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

namespace fs = std::filesystem;
using internal::DatasetFile;
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
  Progress(Console& console, std::string name) : console_(console), name_(std::move(name)) {}
  ~Progress() override { clear(); }

  void on_start(const std::string& url, Index resumed_at) override {
    clear();
    console_.note(concat(
        name_, " from ", url,
        resumed_at > 0 ? concat(", from byte ", text::with_commas(resumed_at), " on") : "", "\n"));
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
  std::string name_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  Index first_ = 0;
  bool shown_ = false;
};

Downloaded download_file(const DatasetFile& file, const std::string& folder,
                         const DatasetInfo& info, const Options& options, Console& console) {
  Download wanted{.file = file, .folder = folder, .urls = {}, .timeout = options.timeout};
  std::vector<std::string> servers = info.servers;
  if (!options.url.empty()) servers = {options.url};
  for (const std::string& server : servers)
    wanted.urls.push_back(concat(server, server.ends_with('/') ? "" : "/", published_name(file)));
  Progress progress(console, published_name(file));
  return download(wanted, progress);
}

/// Downloads the archive of a set and takes its files out.
Downloaded unpack_archive(const std::string& folder, const DatasetInfo& info,
                          const Options& options, Console& console) {
  const fs::path archive = fs::path(folder) / published_name(*info.archive);
  Downloaded result;
  if (check_file(*info.archive, archive.string()).state == FileState::good) {
    result.url = archive.string();
  } else {
    result = download_file(*info.archive, folder, info, options, console);
  }
  std::vector<internal::TarMember> members;
  for (const DatasetFile& file : info.files) {
    const std::string path = (fs::path(folder) / file.name).string();
    members.push_back({.name = file.name, .bytes = file.bytes, .path = path + ".part"});
  }
  internal::unpack_tar(archive.string(), members);
  for (size_t i = 0; i < members.size(); ++i) {
    DatasetFile part = info.files[i];
    part.name += ".part";
    if (const FoundFile found = check_file(part, members[i].path); !found.problem.empty()) {
      throw DataError(
          concat("unpacking ", archive.string(), ": ", info.files[i].name, " ", found.problem));
    }
  }
  for (size_t i = 0; i < members.size(); ++i)
    fs::rename(members[i].path, fs::path(folder) / info.files[i].name);
  fs::remove(archive);
  return result;
}

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
  Json json = json_of(info, folder);
  const auto add = [&](const DatasetFile& file, const Downloaded* how) {
    json["files"].push_back(
        {{"path", (fs::path(folder) / (info.archive ? file.name : published_name(file))).string()},
         {"from", how == nullptr ? Json(nullptr) : Json(how->url)},
         {"resumed_at", how == nullptr ? 0 : how->resumed_at}});
  };
  if (info.archive) {
    const Downloaded how = unpack_archive(folder, info, options, console);
    for (const DatasetFile& file : info.files) add(file, &how);
  } else {
    for (const DatasetFile& file : info.files) {
      const std::string path = (fs::path(folder) / published_name(file)).string();
      const FoundFile there = check_file(file, path);
      std::error_code unreadable;
      if (fs::is_regular_file(path, unreadable) && there.state != FileState::damaged) {
        add(file, nullptr);
        continue;
      }
      const Downloaded how = download_file(file, folder, info, options, console);
      add(file, &how);
    }
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
