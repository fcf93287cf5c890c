#include "cli/epoch_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/json.h"
#include "data/file_bytes.h"
#include "train/atomic_file.h"
#include "train/save_hook.h"

namespace autonet::cli {

EpochLog::EpochLog(const std::string& path, const Model& model)
    : path_(path),
      model_(model),
      // A pipe that nobody reads is an error instead of a wait without an end.
      descriptor_(
          ::open(path.c_str(), O_NONBLOCK | O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0666)) {
  if (descriptor_ < 0)
    throw DataError(
        text::concat("opening the log ", path, ": ",
                     errno == ENXIO ? "it is a pipe that no program reads" : std::strerror(errno)));
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
}

EpochLog::~EpochLog() {
  ::close(descriptor_);
}

namespace {

/// The epoch that a line of the log is of; 0 if it is of none.
Index epoch_of(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool known =
      json.is_object() && json.contains("epoch") && json["epoch"].is_number_integer();
  return known ? json["epoch"].get<Index>() : 0;
}

}  // namespace

void EpochLog::cut(Index length) {
  const int error = internal::save_step({internal::SaveStep::cut, path_}, [&] {
    // A pipe or a device has no length.
    return ::ftruncate(descriptor_, length) != 0 && errno != EINVAL ? errno : 0;
  });
  if (error != 0)
    throw DataError(text::concat("writing the log ", path_, ": ", std::strerror(error)));
}

void EpochLog::begin() {
  cut(0);
}

void EpochLog::resume(std::span<const EpochReport> finished) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path_, problem)) return;
  constexpr Index kMost = Index{1} << 30;
  const std::string text = internal::read_file(path_, kMost);
  Index last = 0;
  size_t kept = 0;  // bytes of whole lines of epochs that are finished
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == text.npos) break;
    const Index epoch = epoch_of(std::string_view(text).substr(at, end - at));
    if (epoch > std::ssize(finished)) break;
    if (epoch > 0) last = epoch;
    at = kept = end + 1;
  }
  cut(static_cast<Index>(kept));
  for (const EpochReport& report : finished.subspan(static_cast<size_t>(last))) {
    Json line = to_json(report, model_);
    line["seconds"] = nullptr;
    write(one_line(line));
  }
}

void EpochLog::add(const EpochReport& report) {
  write(one_line(to_json(report, model_)));
}

void EpochLog::write(const std::string& line) {
  if (const int error = internal::append_to(descriptor_, path_, line); error != 0)
    throw DataError(text::concat("writing the log ", path_, ": ", std::strerror(error)));
}

}  // namespace autonet::cli
