#pragma once

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

#include "train/fit_observer.h"

namespace autonet {

/// {"cross_entropy": …, "accuracy": …}; null where there are no figures.
nlohmann::ordered_json to_json(const std::optional<Metrics>& metrics);

/// {"epoch": 1, "train": {…}, "validation": {…}, "learning_rate": …, "seconds": …}
nlohmann::ordered_json to_json(const EpochReport& report);

/// JSON on one line, with a blank after each colon and comma.
std::string one_line(const nlohmann::ordered_json& json);

/// The file of `fit --log`: a line of JSON an epoch, written out at once.
class EpochLog {
 public:
  /// Starts the file anew, or goes on at its end. Throws DataError if it cannot be opened.
  EpochLog(const std::string& path, bool append);
  ~EpochLog();
  EpochLog(const EpochLog&) = delete;
  EpochLog& operator=(const EpochLog&) = delete;

  /// Throws DataError if the line cannot be written.
  void add(const EpochReport& report);

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace autonet
