#pragma once

#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// A file to take out of an archive.
struct TarMember {
  std::string name;  // without its folder in the archive
  Index bytes = 0;   // that it must have; 0: any number up to 8 GiB
  std::string path;  // that it is written to
};

/// Takes files out of a tar archive packed by gzip. Throws DataError naming the archive if it is
/// damaged, lacks one of the files, or has one of another size; and if a file cannot be written.
void unpack_tar(const std::string& archive, const std::vector<TarMember>& members);

}  // namespace autonet::internal
