#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/table.h"

namespace autonet::cli {

/// A file to download.
struct Download {
  internal::DatasetFile file;     // its published name, size and SHA-256
  std::string folder;             // that it goes to; it must exist
  std::vector<std::string> urls;  // addresses of the file, tried in this order
  int timeout = 30;               // seconds without an answer or without progress
};

/// How a file was downloaded.
struct Downloaded {
  std::string url;
  Index resumed_at = 0;  // bytes that an earlier, interrupted download had left
};

/// Told what happens during a download.
class DownloadObserver {
 public:
  virtual ~DownloadObserver() = default;
  /// A transfer begins. `resumed_at` bytes are there already.
  virtual void on_start(const std::string& url, Index resumed_at) = 0;
  /// So many bytes of `total` are there; total is 0 if the size is not known.
  virtual void on_progress(Index done, Index total) = 0;
  /// An address is given up for this reason, or tried again.
  virtual void on_problem(const std::string& url, const std::string& problem) = 0;
};

/// Downloads a file into NAME.part, compares size and SHA-256, and renames it to NAME. If it is cut
/// short, the rest is requested from where it ended, at once and again when the command is
/// repeated. NAME is never incomplete: it is the old file or the whole new one.
///
/// Throws DataError if no address has the right file, with the reason of each; if the disk is full;
/// if another process downloads the same file; and as check_can_download().
Downloaded download(const Download& download, DownloadObserver& observer);

/// Throws DataError, with what to install, if a library that download() needs is missing.
void check_can_download();

}  // namespace autonet::cli
