#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "data/locate.h"

namespace autonet::cli {

/// How a file compares with what was published.
enum class FileState {
  missing,
  damaged,    // has another size or SHA-256
  unchecked,  // is there, but nothing is known to compare it with
  sized,      // has the published size; no SHA-256 is known, or the program cannot compute it
  good        // has the published SHA-256
};

/// One file of a data set, as it was found.
struct FoundFile {
  std::string path;  // empty if it is missing
  FileState state = FileState::missing;
  std::string problem;  // if it is damaged: "has 12 bytes, but 1,829,071 were published"
};

/// Compares the file at `path` with what was published. A file that was published packed and is
/// there unpacked, or the other way round, is unchecked.
FoundFile check_file(const internal::DatasetFile& file, const std::string& path);

/// A data set, as it was found.
struct FoundSet {
  std::string folder;            // of the files; empty if they were not found
  std::vector<FoundFile> files;  // in the order of the table
  std::string report;            // if not found: where it was searched, and where to get it

  /// "found", "damaged", "missing", or "built in" of a set without files.
  std::string state() const;
  /// A line for each damaged file: what it has, and what was published.
  std::string damages() const;
};

/// Finds the files as reading does, and compares each with what was published.
FoundSet find_files(const internal::DatasetInfo& info, const DataPaths& paths);

/// "as published", "size as published", "not checked", "missing" or the problem.
std::string state_text(const FoundFile& file);

/// [{"name": …, "bytes": …, "sha256": …, "path": …, "state": …}]; null where a value is not known.
Json to_json(const internal::DatasetInfo& info, const FoundSet& found);

}  // namespace autonet::cli
