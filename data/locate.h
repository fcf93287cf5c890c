#pragma once

#include <string>
#include <vector>

#include "data/splits.h"
#include "data/table.h"

namespace autonet::internal {

/// The folders that hold data sets, in the order they are tried: paths.data_dir, $AUTONET_DATA,
/// $XDG_CACHE_HOME/autonet (~/.cache/autonet if that is unset). Those that are not set are left
/// out.
std::vector<std::string> data_roots(const DataPaths& paths);

/// The paths of all files of a data set, from the first root whose folder ROOT/NAME has them all,
/// each as published or unpacked. Throws DataError saying every place tried, what it lacks, where
/// to get the files, and their sizes and hashes; and if paths.data_dir is given and no folder.
std::vector<std::string> locate(const DatasetInfo& info, const DataPaths& paths);

}  // namespace autonet::internal
