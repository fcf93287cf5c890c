#pragma once

#include <string>

#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// The file of `fit --log`: one line of JSON per epoch, written as soon as the epoch ends.
class EpochLog {
 public:
  /// Opens the file, empty or, with `append`, at its end. Throws DataError if the
  /// file cannot be opened.
  EpochLog(const std::string& path, const Model& model, bool append);
  ~EpochLog();
  EpochLog(const EpochLog&) = delete;
  EpochLog& operator=(const EpochLog&) = delete;

  /// Throws DataError if the line cannot be written.
  void add(const EpochReport& report);

 private:
  std::string path_;
  Model model_;
  int descriptor_;
};

}  // namespace autonet::cli
