#pragma once

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

#include "train/fit_observer.h"

namespace autonet {

/// {"cross_entropy": …, "accuracy": …}, or null without figures. `loss` is the key of the loss, see
/// Model::loss_key().
nlohmann::ordered_json to_json(const std::optional<Metrics>& metrics, const std::string& loss);

/// {"epoch": 1, "train": {…}, "validation": {…}, "learning_rate": …, "seconds": …}
nlohmann::ordered_json to_json(const EpochReport& report, const std::string& loss);

/// JSON on one line, with a blank after each colon and comma.
std::string one_line(const nlohmann::ordered_json& json);

/// The file of `fit --log`: a line of JSON an epoch, written out at once.
class EpochLog {
 public:
  /// Starts the file anew, or goes on at its end. `loss` is the key of the model's loss. Throws
  /// DataError if the file cannot be opened.
  EpochLog(const std::string& path, const std::string& loss, bool append);
  ~EpochLog();
  EpochLog(const EpochLog&) = delete;
  EpochLog& operator=(const EpochLog&) = delete;

  /// Throws DataError if the line cannot be written.
  void add(const EpochReport& report);

 private:
  std::string path_;
  std::string loss_;
  int descriptor_;
};

}  // namespace autonet
