#include "data/locate.h"

#include <cstdlib>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_file(const std::filesystem::path& path) {
  std::error_code problem;  // a folder without permission counts as one without the file
  return std::filesystem::is_regular_file(path, problem);
}

}  // namespace

std::string cache_root() {
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return (std::filesystem::path(cache) / "autonet").string();
  if (const std::string home = variable("HOME"); !home.empty())
    return (std::filesystem::path(home) / ".cache" / "autonet").string();
  return "";
}

const std::string& folder_of(const DatasetInfo& info) {
  return info.folder.empty() ? info.name : info.folder;
}

std::vector<std::string> data_roots(const DataPaths& paths) {
  std::vector<std::string> roots;
  if (!paths.data_dir.empty()) roots.push_back(paths.data_dir);
  if (const std::string root = variable("AUTONET_DATA"); !root.empty()) roots.push_back(root);
  if (const std::string cache = cache_root(); !cache.empty()) roots.push_back(cache);
  return roots;
}

std::vector<std::string> locate(const DatasetInfo& info, const DataPaths& paths) {
  std::error_code unreadable;
  if (!paths.data_dir.empty() && !std::filesystem::is_directory(paths.data_dir, unreadable)) {
    // A mistyped folder must not lead to other data being used.
    throw DataError(text::concat("data set ", info.name, ": the data folder ", paths.data_dir,
                                 " does not exist"));
  }
  const std::string& name = folder_of(info);
  std::string tried;
  for (const std::string& root : data_roots(paths)) {
    const std::filesystem::path folder = std::filesystem::path(root) / name;
    std::vector<std::string> found;
    std::string missing;
    for (const DatasetFile& file : info.files) {
      // The packed form comes first: it has a check sum.
      const std::filesystem::path packed = folder / (file.name + ".gz");
      const std::filesystem::path plain = folder / file.name;
      if (is_file(packed)) {
        found.push_back(packed.string());
      } else if (is_file(plain)) {
        found.push_back(plain.string());
      } else {
        missing += (missing.empty() ? "" : ", ") + published_name(file);
      }
    }
    if (missing.empty()) return found;
    std::error_code problem;
    const bool there = std::filesystem::is_directory(folder, problem);
    tried +=
        text::concat("\n  ", folder.string(), there ? ": lacks " + missing : ": no such folder");
  }
  if (tried.empty()) tried = "\n  nowhere: neither AUTONET_DATA, XDG_CACHE_HOME nor HOME is set";
  std::string files;
  for (const DatasetFile& file : info.files) {
    files += "\n  " + published_name(file);
    if (file.bytes > 0) files += text::concat("  ", file.bytes, " bytes");
    if (!file.sha256.empty()) files += "  sha256 " + file.sha256;
  }
  const std::string fetch =
      info.servers.empty() ? "" : "\ndownload it with: autonet data fetch " + info.name + "\nor ";
  throw DataError(text::concat("data set ", info.name, " (", info.title,
                               ") was not found; searched", tried, fetch.empty() ? "\n" : fetch,
                               "get it from ", info.source,
                               "\nand put these files, packed or unpacked, into a folder ", name,
                               " of --data-dir or $AUTONET_DATA:", files));
}

}  // namespace autonet::internal
