#include "cli/data_files.h"

#include <algorithm>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/sha256.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

bool is_damaged(const FoundFile& file) {
  return file.state == FileState::damaged;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

FoundFile check_file(const internal::DatasetFile& file, const std::string& path) {
  FoundFile found{.path = path, .state = FileState::unchecked, .problem = ""};
  if (file_name(path) != internal::published_name(file)) return found;
  if (file.bytes > 0) {
    std::error_code problem;
    const auto bytes = static_cast<Index>(std::filesystem::file_size(path, problem));
    if (problem || bytes != file.bytes) {
      found.state = FileState::damaged;
      found.problem = problem ? "cannot be read: " + problem.message()
                              : text::concat("has ", text::counted(bytes, "byte"), ", but ",
                                             text::with_commas(file.bytes), " were published");
      return found;
    }
    found.state = FileState::sized;
  }
  if (file.sha256.empty()) return found;
  try {
    const std::optional<std::string> sum = sha256_of(path);
    if (!sum) return found;
    found.state = *sum == file.sha256 ? FileState::good : FileState::damaged;
    if (*sum != file.sha256)
      found.problem = "has the SHA-256 " + *sum + ", but the published one is " + file.sha256;
  } catch (const DataError& error) {
    found.state = FileState::damaged;
    found.problem = "cannot be read";
  }
  return found;
}

std::string FoundSet::state() const {
  if (files.empty()) return "built in";
  if (folder.empty()) return "missing";
  return std::ranges::any_of(files, is_damaged) ? "damaged" : "found";
}

std::string FoundSet::damages() const {
  std::string lines;
  for (const FoundFile& file : files)
    if (is_damaged(file)) lines += "damaged: " + file.path + " " + file.problem + "\n";
  return lines;
}

FoundSet find_files(const internal::DatasetInfo& info, const DataPaths& paths) {
  FoundSet found;
  found.files.resize(info.files.size());
  if (info.files.empty()) return found;
  try {
    const std::vector<std::string> files = internal::locate(info, paths);
    found.folder = std::filesystem::path(files.front()).parent_path().string();
    for (size_t i = 0; i < files.size(); ++i) found.files[i] = check_file(info.files[i], files[i]);
  } catch (const DataError& error) {
    found.report = error.what();
  }
  return found;
}

std::string state_text(const FoundFile& file) {
  switch (file.state) {
    case FileState::missing:
      return "missing";
    case FileState::damaged:
      return "damaged: " + file.problem;
    case FileState::unchecked:
      return "there, not checked";
    case FileState::sized:
      return "there, size as published";
    case FileState::good:
      return "there, as published";
  }
  return "";
}

Json to_json(const internal::DatasetInfo& info, const FoundSet& found) {
  constexpr const char* kStates[] = {"missing", "damaged", "unchecked", "size as published",
                                     "as published"};
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  auto files = Json::array();
  for (size_t i = 0; i < info.files.size(); ++i) {
    const internal::DatasetFile& file = info.files[i];
    files.push_back({{"name", internal::published_name(file)},
                     {"bytes", file.bytes > 0 ? Json(file.bytes) : Json(nullptr)},
                     {"sha256", or_null(file.sha256)},
                     {"path", or_null(found.files[i].path)},
                     {"state", kStates[static_cast<size_t>(found.files[i].state)]},
                     {"problem", or_null(found.files[i].problem)}});
  }
  return files;
}

}  // namespace autonet::cli
