#pragma once

#include <string>

#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// The file of `fit --log`: one line of JSON per epoch, written as soon as the epoch ends.
class EpochLog {
 public:
  /// Opens the file, empty or, with `append`, at its end. `loss` is the key of the model's loss.
  /// Throws DataError if the file cannot be opened.
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

}  // namespace autonet::cli
