#include "cli/epoch_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "autograd/error.h"

namespace autonet {

nlohmann::ordered_json to_json(const std::optional<Metrics>& metrics, const std::string& loss) {
  if (!metrics) return nullptr;
  return {{loss, metrics->loss}, {"accuracy", metrics->accuracy}};
}

nlohmann::ordered_json to_json(const EpochReport& report, const std::string& loss) {
  return {{"epoch", report.epoch},
          {"train", to_json(report.train, loss)},
          {"validation", to_json(report.validation, loss)},
          {"learning_rate", report.learning_rate},
          {"seconds", report.seconds}};
}

std::string one_line(const nlohmann::ordered_json& json) {
  if (!json.is_object()) return json.dump();
  std::string text = "{";
  for (const auto& [key, value] : json.items()) {
    text += text.size() > 1 ? ", " : "";
    text += nlohmann::json(key).dump() + ": " + one_line(value);
  }
  return text + "}";
}

EpochLog::EpochLog(const std::string& path, const std::string& loss, bool append)
    : path_(path),
      loss_(loss),
      descriptor_(::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666)) {
  if (descriptor_ < 0) throw DataError("opening the log " + path + ": " + std::strerror(errno));
}

EpochLog::~EpochLog() {
  ::close(descriptor_);
}

void EpochLog::add(const EpochReport& report) {
  const std::string line = one_line(to_json(report, loss_)) + "\n";
  for (size_t at = 0; at < line.size();) {
    const ssize_t written = ::write(descriptor_, line.data() + at, line.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw DataError("writing the log " + path_ + ": " + std::strerror(errno));
    at += static_cast<size_t>(written);
  }
}

}  // namespace autonet
