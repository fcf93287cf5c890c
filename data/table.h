#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/data/splits.h"
#include "data/images.h"

namespace autonet::internal {

/// A data set as published: its own training and test parts, numbers as in the files.
struct Dataset {
  Images train;
  Images test;
};

/// A published file, found as `name` or as `name`.gz.
struct DatasetFile {
  std::string name;         // of the unpacked file
  bool gzipped = true;      // published as name.gz
  Index bytes = 0;          // as published; 0: not known
  std::string sha256 = {};  // as published; empty: not known
};

/// "0" to "9".
std::vector<std::string> digit_names();

/// A data set that the program knows: what its files must hold, and where to get them.
struct DatasetInfo {
  std::string name;  // in model.json
  std::string title;
  Shape image;  // [rows, columns, channels]
  Index train_count, test_count;
  float low = 0, high = 255;  // the range of the numbers in the files
  std::vector<std::string> class_names = digit_names();
  std::vector<DatasetFile> files;  // in the order that `read` expects; empty: built in
  std::string source;              // where to get them
  std::string folder = {};         // of its files; empty: the name
  /// Addresses of folders that have the files, each ending in "/", the publisher's first. Empty:
  /// the files cannot be downloaded.
  std::vector<std::string> servers = {};
  /// What the servers have in place of the files: a packed tar archive of them.
  std::optional<DatasetFile> archive = {};
  std::string licence = "none is stated by the publisher";
  std::string citation = {};
  /// Reads the whole set from paths in the order of `files`.
  Dataset (*read)(const DatasetInfo& info, const std::vector<std::string>& paths);

  Index classes() const { return static_cast<Index>(class_names.size()); }
};

/// The one list of data sets: the loader, the schema, the suggestions in errors and `data list`
/// read it.
const std::vector<DatasetInfo>& dataset_table();

/// The name under which a file is published: with .gz if it is packed.
std::string published_name(const DatasetFile& file);

/// The row of that name; throws ModelError with a suggestion if there is none.
const DatasetInfo& find_dataset(std::string_view name);

/// What `spec` does to the numbers of the set's files; nothing if that depends on the images.
std::optional<Normalization> fixed_normalization(const DataSpec& spec, const DatasetInfo& info);

}  // namespace autonet::internal
