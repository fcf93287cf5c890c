#pragma once

#include <span>
#include <string>

#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// The file of `fit --log`: one line of JSON per epoch, written as soon as the epoch ends. The file
/// stays as it is until begin() or resume() is called.
class EpochLog {
 public:
  /// Throws DataError if the file cannot be opened.
  EpochLog(const std::string& path, const Model& model);
  ~EpochLog();
  EpochLog(const EpochLog&) = delete;
  EpochLog& operator=(const EpochLog&) = delete;

  /// Begins the log of a new run: the file is emptied.
  void begin();
  /// Goes on with the log of a run of which these epochs are finished. A kill may have left the
  /// last line incomplete or missing: it is written anew, with null for the seconds, which the
  /// checkpoint does not keep. Lines of later epochs are removed, as these are trained again.
  void resume(std::span<const EpochReport> finished);
  /// Throws DataError if the line cannot be written.
  void add(const EpochReport& report);

 private:
  void cut(Index length);
  void write(const std::string& line);

  std::string path_;
  Model model_;
  int descriptor_;
};

}  // namespace autonet::cli
