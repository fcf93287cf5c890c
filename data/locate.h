#pragma once

#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "data/table.h"

namespace autonet::internal {

/// The folders that are searched for data sets, in this order: paths.data_dir, $AUTONET_DATA,
/// $XDG_CACHE_HOME/autonet (~/.cache/autonet if that is unset). Those not set are left out.
std::vector<std::string> data_roots(const DataPaths& paths);

/// The last of these folders, in which downloaded data sets are kept; empty if neither
/// $XDG_CACHE_HOME nor $HOME is set.
std::string cache_root();

/// The name of the folder of a data set in each of them.
const std::string& folder_of(const DatasetInfo& info);

/// The paths of all files of a data set, from the first root whose folder ROOT/NAME has them all,
/// packed or unpacked. Throws DataError with every folder searched, what it lacks, where to get the
/// files, and their sizes and hashes; and if paths.data_dir is given but is not a folder.
std::vector<std::string> locate(const DatasetInfo& info, const DataPaths& paths);

}  // namespace autonet::internal
