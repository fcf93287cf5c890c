#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace autonet {

/// A published file. The name is the unpacked one; it is also found with ".gz" behind it.
struct DatasetFile {
  std::string name;
  bool gzipped = true;       // published as name + ".gz"
  Index bytes = 0;           // as published
  Index unpacked_bytes = 0;  // exact for binary formats
  std::string sha256;        // as published; empty if not known
};

/// A data set that the program knows: what its files must hold, and where they are to be had.
struct DatasetInfo {
  std::string name;  // in model.json, and the folder of its files
  std::string title;
  Index rows, cols, channels;
  Index train_count, test_count;
  float low, high;  // the span of the numbers in the files
  std::vector<std::string> class_names;
  std::vector<DatasetFile> files;  // in the order that `read` wants; empty: built in
  std::string source;              // where to get them
  /// Reads the whole set from paths in the order of `files`.
  Dataset (*read)(const DatasetInfo& info, const std::vector<std::string>& paths);

  Index classes() const { return static_cast<Index>(class_names.size()); }
  Index image_size() const { return rows * cols * channels; }
};

/// The one list of data sets: what the loader, the schema, the "did you mean" and the docs read.
const std::vector<DatasetInfo>& dataset_table();

/// The row of that name; throws ModelError naming all of them.
const DatasetInfo& find_dataset(std::string_view name);

}  // namespace autonet
