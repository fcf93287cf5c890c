#pragma once

#include <string>
#include <vector>

#include "cli/download.h"
#include "data/table.h"

namespace autonet::cli {

/// Where a data set is downloaded from, and to.
struct FetchPlaces {
  std::string folder;                // for the files; it must exist
  std::vector<std::string> servers;  // addresses of folders with the files, tried in this order
  int timeout = 30;                  // seconds
};

/// A file of a data set that is there now.
struct FetchedFile {
  std::string path;
  std::string from = {};  // the address that it came from; empty if it was there before
  Index resumed_at = 0;   // bytes that an earlier, interrupted download had left
};

/// Downloads the files of a data set that are missing or damaged, by download(). If it is published
/// as an archive, that is downloaded, its files are taken out and compared with what was published,
/// and the archive is removed.
///
/// Throws DataError as download() and unpack_tar() do, and if a file of the archive is not as
/// published; the archive is kept then.
std::vector<FetchedFile> fetch_set(const internal::DatasetInfo& info, const FetchPlaces& places,
                                   DownloadObserver& observer);

}  // namespace autonet::cli
