#include "cli/fetch_set.h"

#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/data_files.h"
#include "data/unpack_tar.h"

namespace autonet::cli {
namespace {

using internal::DatasetFile;
using internal::DatasetInfo;
using text::concat;

std::string in(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / name).string();
}

/// True if the file is there and nothing is known to be wrong with it.
bool is_there(const DatasetFile& file, const std::string& path) {
  std::error_code unreadable;
  return std::filesystem::is_regular_file(path, unreadable) &&
         check_file(file, path).state != FileState::damaged;
}

FetchedFile fetch_file(const DatasetFile& file, const FetchPlaces& places,
                       DownloadObserver& observer) {
  const std::string name = published_name(file);
  const std::string path = in(places.folder, name);
  if (is_there(file, path)) return {.path = path};
  Download wanted{.file = file, .folder = places.folder, .urls = {}, .timeout = places.timeout};
  for (const std::string& server : places.servers)
    wanted.urls.push_back(concat(server, server.ends_with('/') ? "" : "/", name));
  const Downloaded how = download(wanted, observer);
  return {.path = path, .from = how.url, .resumed_at = how.resumed_at};
}

void rename(const std::string& from, const std::string& to) {
  std::error_code problem;
  std::filesystem::rename(from, to, problem);
  if (problem) throw DataError(concat("cannot write ", to, ": ", problem.message()));
}

/// Takes the files out under temporary names, compares all of them, and then gives them theirs.
void unpack(const std::string& archive, const DatasetInfo& info, const std::string& folder) {
  std::vector<internal::TarMember> members;
  for (const DatasetFile& file : info.files) {
    members.push_back(
        {.name = file.name, .bytes = file.bytes, .path = in(folder, file.name + ".part")});
  }
  internal::unpack_tar(archive, members);
  for (size_t i = 0; i < members.size(); ++i) {
    DatasetFile part = info.files[i];
    part.name += ".part";
    const FoundFile found = check_file(part, members[i].path);
    if (found.problem.empty()) continue;
    throw DataError(concat("unpacking ", archive, ": ", members[i].name, " ", found.problem));
  }
  for (const internal::TarMember& member : members) rename(member.path, in(folder, member.name));
  std::error_code ignored;
  std::filesystem::remove(archive, ignored);
}

}  // namespace

std::vector<FetchedFile> fetch_set(const DatasetInfo& info, const FetchPlaces& places,
                                   DownloadObserver& observer) {
  std::vector<FetchedFile> fetched;
  if (!info.archive) {
    for (const DatasetFile& file : info.files)
      fetched.push_back(fetch_file(file, places, observer));
    return fetched;
  }
  const FetchedFile archive = fetch_file(*info.archive, places, observer);
  unpack(archive.path, info, places.folder);
  for (const DatasetFile& file : info.files) {
    fetched.push_back({.path = in(places.folder, file.name),
                       .from = archive.from.empty() ? archive.path : archive.from,
                       .resumed_at = archive.resumed_at});
  }
  return fetched;
}

}  // namespace autonet::cli
